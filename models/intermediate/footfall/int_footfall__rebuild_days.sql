{% set weeks_reached = weeks_reached_by_days() %}
{% set weeks_of_hours = weeks_reached_by_hours() %}

with touched_days as (
    select * from {{ ref('int_footfall__touched_days') }}
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

local_hours as (
    select * from {{ ref('int_footfall__local_hours') }}
),

reached_days as (
    {% for weeks in weeks_reached %}
        select
            store_id,
            {{ add_days('visit_date', 7 * weeks) }} as visit_date,
            {{ 'true' if weeks in weeks_of_hours else 'false' }} as rebuilds_hours
        from touched_days
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

newest_days as (
    select
        feeds.store_id,
        local_hours.visit_date
    from feeds
    inner join local_hours
        on
            feeds.timezone = local_hours.timezone
            and {{ dbt.date_trunc('hour', 'feeds.newest_hour_at') }} = local_hours.hour_start_at
),

final as (
    select
        reached_days.store_id,
        reached_days.visit_date,
        max(reached_days.rebuilds_hours) as rebuilds_hours,
        true as rebuilds_days
    from reached_days
    inner join newest_days on reached_days.store_id = newest_days.store_id
    where reached_days.visit_date <= newest_days.visit_date
    group by reached_days.store_id, reached_days.visit_date
)

select * from final
order by visit_date, store_id
