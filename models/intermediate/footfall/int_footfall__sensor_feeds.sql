{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sensor_id',
    pre_hook="{{ purge_feeds() }}",
) }}

{% set is_continued = is_incremental() and not feeds_were_purged(this) %}
{% set seen = newest_load_in(this) if is_continued else '' %}

with new_readings as (
    select * from {{ ref('stg_footfall__readings') }}
    where _dlt_load_id > '{{ seen }}'
),

bounds as (
    select
        sensor_id,
        -- a reading of an hour that had not begun when it was written delivers nothing
        {{ utc_timestamp('min(case when raw_hour_start <= raw_updated_at then raw_hour_start end)') }} as first_hour_at,
        {{ utc_timestamp('max(case when raw_hour_start <= raw_updated_at then raw_hour_start end)') }} as newest_hour_at,
        max(_dlt_load_id) as newest_load_id
    from new_readings
    group by sensor_id
),

{% if is_continued %}
    known as (
        select * from {{ this }}
        where sensor_id in (select sensor_id from bounds)
    ),

    bounds_and_known as (
        select * from bounds
        union all
        select * from known
    ),

    final as (
        select
            sensor_id,
            min(first_hour_at) as first_hour_at,
            max(newest_hour_at) as newest_hour_at,
            max(newest_load_id) as newest_load_id
        from bounds_and_known
        group by sensor_id
    )
{% else %}
    final as (
        select * from bounds
    )
{% endif %}

select * from final
