-- Sales beside visits, for a store that both feeds know.
select * exclude (counted)
from performance_days
order by store_id, day
