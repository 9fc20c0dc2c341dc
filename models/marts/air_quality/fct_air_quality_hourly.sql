with hours as (
    select * from {{ ref('stg_air_quality__hourly') }}
),

final as (
    select
        station_id,
        co,
        pm2_5,
        no2,
        o3,
        pm10,
        temperature,
        internal_temperature,
        humidity,
        measured_at = max(measured_at) over (partition by station_id) as is_newest,
        cast(measured_at as date) as measured_date,
        measured_at
    from hours
)

select * from final
