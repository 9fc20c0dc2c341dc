-- The last four weeks of sales.
select
    day,
    currency,
    revenue,
    vs_usual,
    basket,
    100 * (basket - revenue_usual / nullif(sales_usual, 0)) / nullif(revenue_usual / nullif(sales_usual, 0), 0) as basket_vs_usual
from sales_days
where is_complete
qualify row_number() over (order by day desc) <= 28
order by day
