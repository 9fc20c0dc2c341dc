{{ config(materialized='incremental', incremental_strategy='append') }}

-- Grows at both ends and is never computed again: what an hour is called in a time zone does not change.
with spans as (
    select * from {{ ref('int_footfall__time_zone_spans') }}
),

known as (
    select
        timezone,
        min(hour_start_at) as first_hour_at,
        max(hour_start_at) as last_hour_at
    from {{ this if is_incremental() else '(select timezone, first_hour_at as hour_start_at from spans where false) as nothing' }}
    group by timezone
),

-- What lies before the known hours, and what lies after them. One hour more at either end, to see where the outermost begin and end.
missing_spans as (
    select
        spans.*,
        {{ dbt.dateadd('hour', -1, 'spans.first_hour_at') }} as missing_from,
        {{ dbt.dateadd('hour', 1, 'least(spans.last_hour_at, known.first_hour_at)') }} as missing_until
    from spans
    left join known on spans.timezone = known.timezone
    union all
    select
        spans.*,
        greatest(
            {{ dbt.dateadd('hour', -1, 'greatest(spans.first_hour_at, known.last_hour_at)') }},
            {{ dbt.dateadd('minute', 75, 'known.first_hour_at') }}
        ) as missing_from,
        {{ dbt.dateadd('hour', 1, 'spans.last_hour_at') }} as missing_until
    from spans
    inner join known on spans.timezone = known.timezone
),

-- An hour begins on a quarter of an hour of UTC in every time zone.
missing_quarters as (
    select
        timezone,
        first_hour_at,
        last_hour_at,
        {{ unnest_quarter_hours('missing_from', 'missing_until') }} as quarter_at
    from missing_spans
),

local_times as (
    select
        *,
        {{ local_timestamp('quarter_at', 'timezone') }} as local_start_at
    from missing_quarters
),

local_times_with_phase as (
    select
        *,
        {{ clock_phase('quarter_at', 'local_start_at') }} as phase_minutes
    from local_times
),

-- Where the clock is moved by a part of an hour, an hour begins (Lord Howe Island, twice a year).
local_times_with_change as (
    select
        *,
        coalesce(phase_minutes <> lag(phase_minutes) over (partition by timezone order by quarter_at), false) as changes_phase
    from local_times_with_phase
),

hours as (
    select
        *,
        lead(quarter_at) over (partition by timezone order by quarter_at) as hour_end_at
    from local_times_with_change
    where changes_phase or extract(minute from local_start_at) = 0
),

final as (
    select
        hours.timezone,
        hours.quarter_at as hour_start_at,
        hours.hour_end_at,
        {{ utc_instant('hours.quarter_at') }} as raw_hour_start,
        cast(hours.local_start_at as date) as visit_date,
        cast(extract(hour from hours.local_start_at) as integer) as local_hour,
        cast(60 * extract(hour from hours.local_start_at) + extract(minute from hours.local_start_at) as integer) as local_minute,
        {{ iso_weekday('hours.local_start_at') }} as iso_weekday,
        hours.phase_minutes,
        hours.changes_phase
        or (coalesce(hours.quarter_at < known.first_hour_at, true) and lag(hours.quarter_at) over in_time is null) as begins_phase
    from hours
    left join known on hours.timezone = known.timezone
    where
        hours.hour_end_at > hours.first_hour_at
        and hours.quarter_at <= hours.last_hour_at
        and (known.timezone is null or hours.quarter_at < known.first_hour_at or hours.quarter_at > known.last_hour_at)
    window in_time as (partition by hours.timezone order by hours.quarter_at)
)

select * from final
order by hour_start_at, timezone
