-- A station's days, each day's means beside those of the days whole weeks before. A day of too few hours stands in no comparison.
with days as (
    select
        *,
        case when exceeds_who_pm2_5 is not null then pm2_5_mean end as valid_pm2_5,
        case when exceeds_who_co is not null then co_mean end as valid_co
    from fct_air_quality_daily
)

select
    station_id,
    measured_date as day,
    is_complete,
    pm2_5_mean,
    pm2_5_hours,
    exceeds_who_pm2_5,
    valid_pm2_5,
    pm2_5_limit,
    days_before(valid_pm2_5, station_id, measured_date, 7) as pm2_5_before_7,
    days_before(valid_pm2_5, station_id, measured_date, 28) as pm2_5_before_28,
    days_before(valid_pm2_5, station_id, measured_date, 364) as pm2_5_before_364,
    co_mean,
    co_hours,
    exceeds_who_co,
    valid_co,
    co_limit,
    days_before(valid_co, station_id, measured_date, 7) as co_before_7,
    days_before(valid_co, station_id, measured_date, 28) as co_before_28,
    days_before(valid_co, station_id, measured_date, 364) as co_before_364
from days
