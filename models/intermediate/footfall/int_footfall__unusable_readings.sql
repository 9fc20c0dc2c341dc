{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['sensor_id', 'hour_start_at'],
    pre_hook="{{ let_go_before('hour_start_at', 'footfall', 'readings') }}",
    post_hook="{{ remember_build() }}",
) }}

{% set newest_load_built = newest_load_built() if is_incremental() else '' %}
{% set or_of_changed_stores = or_sensor_of_a_changed_store() if newest_load_built else '' %}

with readings as (
    select * from {{ ref('stg_footfall__readings') }}
),

sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

looked_at as (
    -- what is new, and what a changed store or sensor may have made usable, or unusable
    select * from readings
    where _dlt_load_id > '{{ newest_load_built }}' {{ or_of_changed_stores }}
),

judged as (
    select
        looked_at.*,
        case
            when sensors.sensor_id is null then 'unknown sensor'
            when sensor_doors.sensor_id is null then 'sensor of an unknown store'
            when looked_at.raw_hour_start > looked_at.raw_updated_at then 'written before its hour began'
            when not {{ is_on_the_hour('looked_at.raw_hour_start') }} then 'hour_start is not the start of an hour'
            when looked_at.raw_hour_start < sensor_doors.raw_in_service_from then 'before the sensor was installed'
            when looked_at.raw_hour_start >= sensor_doors.raw_in_service_until then 'after the sensor was removed'
            when coalesce(looked_at.status, '') not in ('ok', 'failed') then 'unknown status'
            when looked_at.status = 'ok' and looked_at.visits is null then 'ok without a count'
            when looked_at.status = 'ok' and looked_at.visits < 0 then 'negative count'
        end as reason
    from looked_at
    left join sensors on looked_at.sensor_id = sensors.sensor_id
    left join sensor_doors on looked_at.sensor_id = sensor_doors.sensor_id
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
    from judged
    {% if is_incremental() %}
        -- one that was unusable and no longer is stays here without a reason
        where
            reason is not null
            or (sensor_id, hour_start_at) in (select (sensor_id, hour_start_at) from {{ this }})
    {% else %}
        where reason is not null
    {% endif %}
)

select * from final
