with hours as (
    select * from {{ ref('fct_air_quality_hourly') }}
),

limits as (
    select
        max(case when parameter = 'co' then limit_value end) as co_limit,
        max(case when parameter = 'pm2_5' then limit_value end) as pm2_5_limit,
        {{ threshold('least_hours_of_an_air_day') }} as least_hours
    from {{ ref('air_quality_limits') }}
    where averaging_hours = 24
),

-- From a station's first day to its newest, with those of which nothing came.
days as (
    select
        station_id,
        newest_measured_at,
        {{ unnest_days('first_measured_at', 'newest_measured_at') }} as measured_date
    from {{ ref('dim_stations') }}
    where newest_measured_at is not null
),

means as (
    select
        station_id,
        measured_date,
        {{ mean_in_order('co', 'measured_at') }} as co_mean,
        {{ mean_in_order('pm2_5', 'measured_at') }} as pm2_5_mean,
        count(*) as hours_reported,
        count(co) as co_hours,
        count(pm2_5) as pm2_5_hours
    from hours
    group by station_id, measured_date
),

counted as (
    select
        days.station_id,
        days.measured_date,
        days.newest_measured_at,
        means.co_mean,
        means.pm2_5_mean,
        coalesce(means.hours_reported, 0) as hours_reported,
        coalesce(means.co_hours, 0) as co_hours,
        coalesce(means.pm2_5_hours, 0) as pm2_5_hours
    from days
    left join means on days.station_id = means.station_id and days.measured_date = means.measured_date
),

-- Rounded: 24 times 15.0 have a mean of 15.000000000000002, which exceeds nothing.
final as (
    select
        counted.station_id,
        counted.measured_date,
        counted.co_mean,
        counted.pm2_5_mean,
        counted.hours_reported,
        counted.co_hours,
        counted.pm2_5_hours,
        counted.co_hours >= limits.least_hours as is_valid_co,
        counted.pm2_5_hours >= limits.least_hours as is_valid_pm2_5,
        counted.co_hours >= limits.least_hours and counted.pm2_5_hours >= limits.least_hours as is_valid,
        case when counted.co_hours >= limits.least_hours then round(counted.co_mean, 9) > limits.co_limit end as exceeds_who_co,
        case when counted.pm2_5_hours >= limits.least_hours then round(counted.pm2_5_mean, 9) > limits.pm2_5_limit end as exceeds_who_pm2_5,
        limits.co_limit,
        limits.pm2_5_limit,
        cast(counted.newest_measured_at as date) > counted.measured_date as is_complete
    from counted
    cross join limits
)

select * from final
