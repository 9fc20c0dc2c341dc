select
    station_id,
    day,
    exceeds_who_pm2_5,
    exceeds_who_co,
    valid_pm2_5::double as valid_pm2_5,
    pm2_5_before_7::double as pm2_5_before_7,
    pm2_5_before_28::double as pm2_5_before_28,
    pm2_5_before_364::double as pm2_5_before_364,
    valid_co::double as valid_co,
    co_before_7::double as co_before_7,
    co_before_28::double as co_before_28,
    co_before_364::double as co_before_364
from air_days
order by day, station_id
