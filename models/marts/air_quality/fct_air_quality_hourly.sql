with hours as (
    select * from {{ ref('int_air_quality__plausible_hours') }}
),

station_versions as (
    select * from {{ ref('int_air_quality__station_versions') }}
),

final as (
    select
        hours.station_id,
        station_versions.version_number as station_version,
        hours.co,
        hours.pm2_5,
        hours.no2,
        hours.o3,
        hours.pm10,
        hours.temperature,
        hours.internal_temperature,
        hours.humidity,
        hours.measured_at = max(hours.measured_at) over (partition by hours.station_id) as is_newest,
        cast(hours.measured_at as date) as measured_date,
        hours.measured_at
    from hours
    left join station_versions
        on
            hours.station_id = station_versions.station_id
            and hours.measured_at >= station_versions.holds_from
            and hours.measured_at < station_versions.holds_until
)

select * from final
