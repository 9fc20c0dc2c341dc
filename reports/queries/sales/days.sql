select * exclude (basket, vs_usual)
from sales_days
order by day
