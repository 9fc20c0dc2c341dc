-- Each store's latest complete day, the eight weeks that end on it, and of a store that both feeds know the sales of the last four weeks.
with courses as (
    select
        days.store_id,
        list(days.estimated order by days.day) as course
    from store_days as days
    inner join dim_stores as stores on days.store_id = stores.store_id
    where days.is_complete and days.day > stores.latest_complete_date - 56
    group by days.store_id
),

silent as (
    select
        store_id,
        count(*) filter (where is_in_service and open_hours_silent >= 3) as doors
    from dim_sensors
    group by store_id
),

sold as (
    select
        store_id,
        max(currency) as currency,
        sum(revenue) as revenue,
        sum(sales) / nullif(sum(visits), 0) as ratio
    from (
        select *
        from performance_days
        where is_complete
        qualify date_diff('day', day, max(day) over (partition by store_id)) < 28
    ) as month
    group by store_id
)

select
    stores.store_name,
    store_link(stores.store_id) as link,
    stores.latest_complete_date as latest_day,
    courses.course,
    days.estimated as visits,
    days.is_closed,
    days.is_complete,
    days.usual,
    days.before_7,
    days.before_28,
    days.before_364,
    days.coverage,
    sold.ratio,
    sold.revenue,
    sold.currency,
    stores.sensors_in_service,
    silent.doors as silent_doors,
    utc(stores.newest_hour_at) as data_until
from named_stores as stores
left join store_days as days on stores.store_id = days.store_id and stores.latest_complete_date = days.day
left join courses on stores.store_id = courses.store_id
left join sold on stores.store_id = sold.store_id
left join silent on stores.store_id = silent.store_id
order by stores.store_name, stores.store_id
