{{ config(materialized='incremental', incremental_strategy='append') }}

-- Grows at both ends and is never computed again: what an hour is called in a time zone does not change.
with feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
    where first_hour_at is not null
),

store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

spans as (
    select
        store_periods.timezone,
        {{ dbt.date_trunc('hour', 'min(feeds.first_hour_at)') }} as first_hour_at,
        -- through the end of the newest hour's local day, whose last hour is looked for
        {{ dbt.dateadd('hour', 26, dbt.date_trunc('hour', 'max(feeds.newest_hour_at)')) }} as last_hour_at
    from feeds
    inner join store_periods on feeds.store_id = store_periods.store_id
    group by store_periods.timezone
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
{% endif %}

-- An hour begins on a quarter of an hour of UTC in every time zone. One hour more at either end, to see where the outermost begin and end.
quarters as (
    select
        timezone,
        first_hour_at,
        last_hour_at,
        {{ unnest_quarter_hours(dbt.dateadd('hour', -1, 'first_hour_at'), dbt.dateadd('hour', 1, 'last_hour_at')) }} as quarter_at
    from spans
),

missing_quarters as (
    select quarters.*
    from quarters
    {% if is_incremental() %}
        left join known on quarters.timezone = known.timezone
        where
            known.timezone is null
            or quarters.quarter_at <= {{ dbt.dateadd('hour', 1, 'known.first_hour_at') }}
            or quarters.quarter_at >= {{ dbt.dateadd('hour', -1, 'known.last_hour_at') }}
    {% endif %}
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

local_times_with_change as (
    -- where the clock is moved by a part of an hour, an hour begins (Lord Howe Island, twice a year)
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
        {%- if is_incremental() %}
            or (coalesce(hours.quarter_at < known.first_hour_at, true) and lag(hours.quarter_at) over in_time is null)
        {%- else %}
            or lag(hours.quarter_at) over in_time is null
        {%- endif %} as begins_phase
    from hours
    {% if is_incremental() %}
        left join known on hours.timezone = known.timezone
    {% endif %}
    where
        hours.hour_end_at > hours.first_hour_at
        and hours.quarter_at <= hours.last_hour_at
        {% if is_incremental() %}
            and (
                known.timezone is null
                or hours.quarter_at < known.first_hour_at
                or hours.quarter_at > known.last_hour_at
            )
        {% endif %}
    window in_time as (partition by hours.timezone order by hours.quarter_at)
)

select * from final
order by hour_start_at, timezone
