select
    day,
    currency,
    revenue,
    returns,
    sales,
    units,
    returned_units,
    usual,
    vs_usual,
    is_complete
from sales_days
where day > (select max(day) from sales_days) - 56
order by day
