-- The last 25 months.
select *
from order_days
where day > (select max(newest.day) from order_days as newest) - interval 25 month
order by day
