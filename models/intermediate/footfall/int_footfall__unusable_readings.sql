{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['sensor_id', 'hour_start_at'],
    pre_hook="{{ purge_before('hour_start_at', 'footfall', 'readings') }}",
    post_hook="{{ save_watermark() }}",
) }}

{% set newest_load_built = newest_load_built() if is_incremental() else '' %}
{% set changed_sensors = sensors_of_changed_stores() %}

with readings as (
    select * from {{ ref('stg_footfall__readings') }}
),

sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

readings_to_validate as (
    -- what is new, and what a changed store or sensor may have made usable, or unusable
    select * from readings
    where _dlt_load_id > '{{ newest_load_built }}' {% if newest_load_built and changed_sensors %} or sensor_id in {{ literals(changed_sensors) }} {% endif %}
),

validated_readings as (
    select
        readings_to_validate.*,
        case
            when sensors.sensor_id is null then 'unknown sensor'
            when sensor_doors.sensor_id is null then 'sensor of an unknown store'
            when readings_to_validate.raw_hour_start > readings_to_validate.raw_updated_at then 'written before its hour began'
            when not {{ is_on_the_hour('readings_to_validate.raw_hour_start') }} then 'hour_start is not the start of an hour'
            when readings_to_validate.raw_hour_start < sensor_doors.raw_in_service_from then 'before the sensor was installed'
            when readings_to_validate.raw_hour_start >= sensor_doors.raw_in_service_until then 'after the sensor was removed'
            when coalesce(readings_to_validate.status, '') not in ('ok', 'failed') then 'unknown status'
            when readings_to_validate.status = 'ok' and readings_to_validate.visits is null then 'ok without a count'
            when readings_to_validate.status = 'ok' and readings_to_validate.visits < 0 then 'negative count'
        end as reason
    from readings_to_validate
    left join sensors on readings_to_validate.sensor_id = sensors.sensor_id
    left join sensor_doors on readings_to_validate.sensor_id = sensor_doors.sensor_id
),

final as (
    select
        sensor_id,
        hour_start_at,
        visits,
        status,
        reason,
        updated_at,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from validated_readings
    {% if is_incremental() %}
        -- one that was unusable and no longer is stays here without a reason
        where
            reason is not null
            or (sensor_id, hour_start_at) in (
                select
                    sensor_id,
                    hour_start_at
                from {{ this }}
            )
    {% else %}
        where reason is not null
    {% endif %}
)

select * from final
