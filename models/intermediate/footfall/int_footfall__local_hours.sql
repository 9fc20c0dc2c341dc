{{ config(materialized='incremental', incremental_strategy='append') }}

-- Grows at both ends and is never computed again: what an hour is called in a time zone does not change.
with feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
    where first_hour_at is not null
),

spans as (
    select
        timezone,
        {{ dbt.date_trunc('hour', 'min(first_hour_at)') }} as first_hour_at,
        -- through the end of the newest hour's local day, whose last hour is looked for
        {{ dbt.dateadd('hour', 26, dbt.date_trunc('hour', 'max(newest_hour_at)')) }} as last_hour_at
    from feeds
    group by timezone
),

hours as (
    select
        timezone,
        {{ unnest_hours('first_hour_at', 'last_hour_at') }} as hour_start_at
    from spans
),

{% if is_incremental() %}
    known as (
        select
            timezone,
            min(hour_start_at) as first_hour_at,
            max(hour_start_at) as last_hour_at
        from {{ this }}
        group by timezone
    ),

    missing as (
        select hours.*
        from hours
        left join known on hours.timezone = known.timezone
        where
            known.timezone is null
            or hours.hour_start_at < known.first_hour_at
            or hours.hour_start_at > known.last_hour_at
    ),
{% else %}
    missing as (
        select * from hours
    ),
{% endif %}

local_times as (
    select
        timezone,
        hour_start_at,
        {{ local_timestamp('hour_start_at', 'timezone') }} as local_start_at
    from missing
),

final as (
    select
        timezone,
        hour_start_at,
        {{ utc_instant('hour_start_at') }} as raw_hour_start,
        cast(local_start_at as date) as visit_date,
        cast(extract(hour from local_start_at) as integer) as local_hour,
        cast(60 * extract(hour from local_start_at) + extract(minute from local_start_at) as integer) as local_minute,
        {{ iso_weekday('local_start_at') }} as iso_weekday
    from local_times
)

select * from final
order by hour_start_at, timezone
