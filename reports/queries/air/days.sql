-- What the page shows before anything is chosen: the last four weeks of every station.
select
    station_id,
    day,
    exceeds_who_pm2_5,
    exceeds_who_co,
    valid_pm2_5,
    pm2_5_before_7,
    pm2_5_before_28,
    pm2_5_before_364,
    valid_co,
    co_before_7,
    co_before_28,
    co_before_364
from air_days
where day > (select max(newest.day) from air_days as newest) - 28
order by station_id, day
