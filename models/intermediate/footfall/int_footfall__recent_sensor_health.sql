{{ config(materialized='view') }}

{% set weeks = 4 %}

with sensors as (
    select
        sensors.sensor_id,
        stores.latest_complete_date
    from {{ ref('dim_sensors') }} as sensors
    inner join {{ ref('dim_stores') }} as stores on sensors.store_id = stores.store_id
),

final as (
    select
        health.*,
        {{ dbt.datediff('health.visit_date', 'sensors.latest_complete_date', 'day') }} as days_before_latest
    from {{ ref('fct_sensor_health_daily') }} as health
    inner join sensors on health.sensor_id = sensors.sensor_id
    where
        health.is_complete
        and health.visit_date > {{ add_days('sensors.latest_complete_date', -7 * weeks) }}
        -- the same for all, so that only the newest days are read
        and health.visit_date > (
            select {{ add_days('min(latest_complete_date)', -7 * weeks) }} from {{ ref('dim_stores') }}
        )
)

select * from final
