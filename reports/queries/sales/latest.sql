select
    day,
    sales,
    units,
    revenue,
    vs_usual
from sales_days
where is_complete
order by day desc
limit 1
