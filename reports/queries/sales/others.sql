select currency, sales, revenue
from agg_sales_total
where not is_main_currency
order by sales desc, currency
