{% set weeks_reached = weeks_reached_by_days() %}
{% set weeks_of_hours = weeks_reached_by_hours() %}

with touched_days as (
    select * from {{ ref('int_footfall__touched_days') }}
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
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
        store_id,
        cast({{ local_timestamp('newest_hour_at', 'timezone') }} as date) as visit_date
    from feeds
    where newest_hour_at is not null
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
