{{ config(materialized='view') }}

with sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
),

stores as (
    select * from {{ ref('stg_footfall__stores') }}
),

final as (
    select
        sensors.sensor_id,
        sensors.store_id,
        coalesce(cast(sensors.door as {{ dbt.type_string() }}), 'sensor ' || sensors.sensor_id) as door_key,
        stores.timezone,
        {{ dbt.date_trunc('hour', 'sensors.installed_at') }} as in_service_from,
        sensors.removed_at as in_service_until,
        {{ utc_instant(dbt.date_trunc('hour', 'sensors.installed_at')) }} as raw_in_service_from,
        {{ utc_instant('sensors.removed_at') }} as raw_in_service_until
    from sensors
    inner join stores on sensors.store_id = stores.store_id
)

select * from final
