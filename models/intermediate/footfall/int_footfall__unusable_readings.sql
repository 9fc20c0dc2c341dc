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
    select distinct sensor_id from {{ ref('stg_footfall__sensors') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

readings_to_validate as (
    -- what is new, and what a changed store or sensor may have made usable, or unusable
    select * from readings
    where _dlt_load_id > '{{ newest_load_built }}' {% if newest_load_built and changed_sensors %} or sensor_id in {{ literals(changed_sensors) }} {% endif %}
),

readings_with_door as (
    select
        readings_to_validate.*,
        sensors.sensor_id is not null as is_known,
        sensor_doors.store_id,
        sensor_doors.interval_minutes,
        sensor_doors.phase_minutes,
        sensor_doors.phase_from,
        sensor_doors.raw_in_service_from,
        sensor_doors.raw_in_service_until,
        coalesce(
            not {{ is_start_of_interval('readings_to_validate.raw_hour_start', 'sensor_doors.interval_minutes', 'sensor_doors.phase_minutes') }}
            and readings_to_validate.raw_hour_start <> sensor_doors.raw_phase_from,
            false
        ) as is_off_interval
    from readings_to_validate
    left join sensors on readings_to_validate.sensor_id = sensors.sensor_id
    left join sensor_doors
        on
            readings_to_validate.sensor_id = sensor_doors.sensor_id
            and sensor_doors.raw_holds_from <= readings_to_validate.raw_hour_start
            and readings_to_validate.raw_hour_start < sensor_doors.raw_holds_until
),

validated_readings as (
    select
        *,
        case
            when not is_known then 'unknown sensor'
            when store_id is null then 'sensor of an unknown store'
            when raw_hour_start > raw_updated_at then 'written before its hour began'
            when is_off_interval and interval_minutes = 60 then 'hour_start is not the start of an hour'
            when is_off_interval then 'hour_start is not the start of an interval of its sensor'
            when raw_hour_start < raw_in_service_from then 'before the sensor was installed'
            when raw_hour_start >= raw_in_service_until then 'after the sensor was removed'
            when coalesce(status, '') not in ('ok', 'failed') then 'unknown status'
            when status = 'ok' and visits is null then 'ok without a count'
            when status = 'ok' and visits < 0 then 'negative count'
        end as reason
    from readings_with_door
),

final as (
    select
        sensor_id,
        hour_start_at,
        visits,
        status,
        {{ source_and_place('footfall') }},
        reason,
        is_off_interval,
        {{ hour_of_reading('hour_start_at') }} as hour_of_store_at,
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
