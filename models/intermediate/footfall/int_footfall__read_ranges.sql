-- Purpose, the days among the rebuilt ones that it is about, the weeks before each that it reads as well, and days of padding for time zones.
{% set purposes = [
    ('hours_rebuilt', 'rebuilds_hours', [0], 0),
    ('days_rebuilt', 'rebuilds_days', [0], 0),
    ('hours_read', 'rebuilds_hours', weeks_read_by_hours(), 2),
    ('days_read', 'rebuilds_days', weeks_read_by_days(), 0),
] %}

with rebuild_days as (
    select
        visit_date,
        max(rebuilds_hours) as rebuilds_hours,
        max(rebuilds_days) as rebuilds_days
    from {{ ref('int_footfall__rebuild_days') }}
    group by visit_date
),

days as (
    {% for purpose, flag, weeks, padding in purposes %}
        {% for week in weeks %}
            select
                '{{ purpose }}' as purpose,
                {{ padding }} as days_of_padding,
                {{ weeks_before('visit_date', week) }} as visit_date
            from rebuild_days
            where {{ flag }}
            {{ 'union distinct' if not loop.last }}
        {% endfor %}
        {{ 'union distinct' if not loop.last }}
    {% endfor %}
),

days_and_gaps as (
    -- days of long ago and of yesterday make two ranges, so that what lies between them is not read
    select
        *,
        coalesce({{ dbt.datediff('lag(visit_date) over (partition by purpose order by visit_date)', 'visit_date', 'day') }} > 35, false) as is_after_gap
    from days
),

days_in_ranges as (
    select
        *,
        sum(case when is_after_gap then 1 else 0 end) over (
            partition by purpose order by visit_date rows between unbounded preceding and current row
        ) as range_number
    from days_and_gaps
),

final as (
    select
        purpose,
        {{ add_days('min(visit_date)', '-days_of_padding') }} as first_date,
        {{ add_days('max(visit_date)', 'days_of_padding') }} as last_date
    from days_in_ranges
    group by purpose, range_number, days_of_padding
)

select * from final
