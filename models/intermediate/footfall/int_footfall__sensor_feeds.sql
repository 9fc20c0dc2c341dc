{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='sensor_id',
    pre_hook="{{ purge_feeds() }}",
) }}

{% set is_continued = is_incremental() and not feeds_were_purged(this) %}
{% set seen = newest_load_in(this) if is_continued else '' %}
{% set moved_sensors = sensors_with_other_periods(this) if is_continued else [] %}

with periods as (
    select * from {{ ref('int_footfall__sensor_periods') }}
),

fingerprints as (
    {{ fingerprints_of_periods() }}
),

readings_to_read as (
    -- what is new, and all of a sensor that turns out to have hung elsewhere
    select * from {{ ref('stg_footfall__readings') }}
    where _dlt_load_id > '{{ seen }}' {% if moved_sensors %} or sensor_id in {{ literals(moved_sensors) }} {% endif %}
),

raw_bounds as (
    select
        readings_to_read.sensor_id,
        periods.store_id,
        periods.interval_minutes,
        -- a reading of an hour that had not begun when it was written delivers nothing
        min(case when readings_to_read.raw_hour_start <= readings_to_read.raw_updated_at then readings_to_read.raw_hour_start end) as raw_first,
        max(case when readings_to_read.raw_hour_start <= readings_to_read.raw_updated_at then readings_to_read.raw_hour_start end) as raw_newest,
        max(readings_to_read._dlt_load_id) as newest_load_id
    from readings_to_read
    left join periods
        on
            readings_to_read.sensor_id = periods.sensor_id
            and periods.raw_holds_from <= readings_to_read.raw_hour_start
            and readings_to_read.raw_hour_start < periods.raw_holds_until
    group by readings_to_read.sensor_id, periods.store_id, periods.interval_minutes
),

bounds as (
    select
        sensor_id,
        store_id,
        {{ utc_timestamp('raw_first') }} as first_hour_at,
        -- An hour is delivered with its last interval: where that is missing, the hour before is the newest.
        {{ dbt.dateadd('minute', 'coalesce(interval_minutes, 60) - 60', utc_timestamp('raw_newest')) }} as newest_hour_at,
        newest_load_id
    from raw_bounds
),

known as (
    select
        sensor_id,
        store_id,
        first_hour_at,
        newest_hour_at,
        newest_load_id
    from {{ this if is_continued else 'bounds' }}
    where
        {{ 'true' if is_continued else 'false' }}
        and sensor_id in (select sensor_id from bounds) {% if moved_sensors %} and sensor_id not in {{ literals(moved_sensors) }} {% endif %}
),

bounds_and_known as (
    select * from bounds
    union all
    select * from known
),

final as (
    select
        bounds_and_known.sensor_id,
        bounds_and_known.store_id,
        min(bounds_and_known.first_hour_at) as first_hour_at,
        max(bounds_and_known.newest_hour_at) as newest_hour_at,
        max(bounds_and_known.newest_load_id) as newest_load_id,
        max(coalesce(fingerprints.fingerprint, '')) as periods_fingerprint
    from bounds_and_known
    left join fingerprints on bounds_and_known.sensor_id = fingerprints.sensor_id
    group by bounds_and_known.sensor_id, bounds_and_known.store_id
)

select * from final
