-- The last four weeks of sales.
select day, currency, revenue, vs_usual, basket, basket_vs_usual
from sales_days
where is_complete
qualify row_number() over (order by day desc) <= 28
order by day
