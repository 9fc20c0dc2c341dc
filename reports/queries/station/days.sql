-- The last thirteen months.
select
    station_id,
    measured_date as day,
    is_complete,
    pm2_5_mean,
    pm2_5_hours,
    exceeds_who_pm2_5,
    pm2_5_limit,
    co_mean,
    co_hours,
    exceeds_who_co,
    co_limit
from fct_air_quality_daily
where measured_date > (select max(measured_date) from fct_air_quality_daily) - interval 13 month
order by station_id, measured_date
