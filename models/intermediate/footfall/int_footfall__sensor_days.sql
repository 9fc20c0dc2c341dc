-- The four weeks before a day are those that its average and its change look back to; 52 before is the same day last year.
{% set weeks_before = [0, 1, 2, 3, 4, 52] %}
{% set ranges = footfall_day_ranges(weeks_before) %}

with hours as (
    select * from {{ ref('fct_sensor_visits_hourly') }}
    {% if ranges %}
        where
        {% for first, last in ranges %}
                visit_date between date '{{ first }}' and date '{{ last }}'
                {{ 'or' if not loop.last }}
            {% endfor %}
    {% endif %}
),

stores as (
    select * from {{ ref('int_footfall__store_changes') }}
),

rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_days
),

days as (
    -- the days to rebuild, and those before each that it looks back to
    select
        store_id,
        visit_date,
        max(is_rebuilt) as is_rebuilt
    from (
        {% for weeks in weeks_before %}
            select
                store_id,
                {{ add_days('visit_date', -7 * weeks) }} as visit_date,
                {{ 'true' if weeks == 0 else 'false' }} as is_rebuilt
            from rebuild_days
            {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as looked_at
    group by store_id, visit_date
),

local_days as (
    select
        timezone,
        visit_date,
        max(hour_start_at) as last_hour_at
    from {{ ref('int_footfall__local_hours') }}
    group by timezone, visit_date
),

complete_days as (
    select
        days.store_id,
        days.visit_date,
        days.is_rebuilt,
        stores.newest_hour_at >= local_days.last_hour_at as is_complete
    from days
    inner join stores on days.store_id = stores.store_id
    inner join local_days
        on
            stores.timezone = local_days.timezone
            and days.visit_date = local_days.visit_date
),

summed as (
    select
        sensor_id,
        store_id,
        visit_date,
        count(case when is_open then 1 end) as open_hours,
        count(case when is_open and is_observed then 1 end) as observed_hours,
        count(case when is_anomaly then 1 end) as anomalous_hours,
        count(case when is_imputed then 1 end) as imputed_hours,
        max(case when is_observed then hour_start_at end) as last_observed_hour_at,
        cast(sum(visits) as bigint) as visits,
        -- one hour without an estimate leaves the day without one
        case when count(visits_estimated) = count(*) then cast(sum(visits_estimated) as decimal(18, 3)) end
            as visits_estimated
    from hours
    group by sensor_id, store_id, visit_date
),

final as (
    select
        summed.*,
        {{ iso_weekday('summed.visit_date') }} as iso_weekday,
        complete_days.is_complete,
        complete_days.is_rebuilt
    from summed
    inner join complete_days
        on
            summed.store_id = complete_days.store_id
            and summed.visit_date = complete_days.visit_date
)

select * from final
