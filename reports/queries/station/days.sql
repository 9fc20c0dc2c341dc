-- The last thirteen months.
select * exclude (valid_pm2_5, valid_co)
from air_days
where day > (select max(newest.day) from air_days as newest) - interval 13 month
order by station_id, day
