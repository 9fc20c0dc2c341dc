with stations as (
    select * from {{ ref('int_air_quality__station_versions') }}
    where is_current
),

hours as (
    select
        station_id,
        min(measured_at) as first_measured_at,
        max(measured_at) as newest_measured_at,
        count(*) as hours_reported,
        count(co) as co_hours,
        count(pm2_5) as pm2_5_hours
    from {{ ref('fct_air_quality_hourly') }}
    group by station_id
),

expected as (
    select
        *,
        {{ dbt.datediff('first_measured_at', 'newest_measured_at', 'hour') }} + 1 as hours_expected
    from hours
),

final as (
    select
        coalesce(stations.station_id, expected.station_id) as station_id,
        stations.station_name,
        stations.latitude,
        stations.longitude,
        coalesce(expected.hours_expected, 0) as hours_expected,
        coalesce(expected.hours_reported, 0) as hours_reported,
        coalesce(expected.co_hours, 0) as co_hours,
        coalesce(expected.pm2_5_hours, 0) as pm2_5_hours,
        100 * cast(expected.hours_reported as double) / expected.hours_expected as reported_pct,
        100 * cast(expected.co_hours as double) / expected.hours_expected as co_reported_pct,
        100 * cast(expected.pm2_5_hours as double) / expected.hours_expected as pm2_5_reported_pct,
        expected.first_measured_at,
        expected.newest_measured_at
    from stations
    full outer join expected on stations.station_id = expected.station_id
)

select * from final
