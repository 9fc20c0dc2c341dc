{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['sensor_id', 'hour_start_at'],
    pre_hook="{{ purge_before('hour_start_at', 'footfall', 'readings') }}",
) }}

{% set seen = newest_load_in(this) if is_incremental() else '' %}

with new_readings as (
    select * from {{ ref('stg_footfall__readings') }}
    where _dlt_load_id > '{{ seen }}'
),

validated_readings as (
    select
        sensor_id,
        hour_start_at,
        coalesce(status, '') = 'failed' as is_failed,
        -- what can be read but not be true
        coalesce(status, '') <> 'failed'
        and (coalesce(status, '') <> 'ok' or visits is null or visits < 0 or raw_hour_start > raw_updated_at)
            as is_impossible,
        -- A count is due when its hour ends. An hour after that it was late, or it was written anew.
        raw_updated_at >= {{ dbt.dateadd('hour', 2, 'raw_hour_start') }} as is_late,
        _dlt_load_id
    from new_readings
),

final as (
    select
        sensor_id,
        hour_start_at,
        max(is_failed) as is_failed,
        max(is_impossible) as is_impossible,
        max(is_late) as is_late,
        max(_dlt_load_id) as newest_load_id
    from validated_readings
    where
        is_failed or is_impossible or is_late
        {% if is_incremental() %}
            -- a reading whose fault was corrected stays here without a fault
            or (sensor_id, hour_start_at) in (
                select
                    sensor_id,
                    hour_start_at
                from {{ this }}
                where
                    hour_start_at >= (select min(hour_start_at) from validated_readings)
                    and hour_start_at <= (select max(hour_start_at) from validated_readings)
            )
        {% endif %}
    group by sensor_id, hour_start_at
)

select * from final
