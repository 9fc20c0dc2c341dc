with silent as (
    select
        store_id,
        count(*) as doors,
        max(open_hours_silent) as longest,
        string_agg(sensor_id || ' for ' || open_hours_silent::integer || ' open hours', ', ' order by open_hours_silent desc) as which,
        min(page) as page
    from dim_sensors
    where is_in_service and open_hours_silent >= 3
    group by store_id
),

latest as (
    select days.*
    from fct_store_visits_daily as days
    inner join dim_stores as stores on days.store_id = stores.store_id and days.visit_date = stores.latest_complete_date
),

newest_runs as (
    select *, row_number() over (partition by what, source order by started_at desc) as age
    from fct_runs
    where outcome <> 'running'
),

items as (
    select
        1 as position,
        'act' as severity,
        stores.store_id,
        stores.store_name || ': no new data' as title,
        coalesce('The newest hour is ' || strftime((stores.newest_hour_at || ':00')::timestamp, '%d %b %Y, %H:%M') || ' UTC.', 'Nothing has come yet.') as detail,
        '/stores/' || stores.page as link
    from dim_stores as stores
    cross join publication
    where
        stores.newest_hour_at is null
        or (stores.newest_hour_at || ':00')::timestamp < (publication.built_at || ':00')::timestamp - interval 24 hour

    union all

    select
        2,
        'act',
        null,
        coalesce(source || ' ', '') || what || ' failed',
        strftime((started_at || ':00')::timestamp, '%d %b %Y, %H:%M') || ' UTC. ' || coalesce(message, ''),
        null
    from newest_runs
    where age = 1 and outcome = 'failed'

    union all

    select
        3,
        case when silent.longest >= 10 then 'act' else 'look' end,
        silent.store_id,
        stores.store_name || ': ' || case when silent.doors = 1 then 'a door is silent' else silent.doors || ' doors are silent' end,
        silent.which || '.',
        case when silent.doors = 1 then '/sensors/' || silent.page else '/stores/' || stores.page end
    from silent
    inner join dim_stores as stores on silent.store_id = stores.store_id

    union all

    select
        4,
        'look',
        stores.store_id,
        stores.store_name || ': low coverage',
        round(latest.coverage_pct)::integer || ' % of the open hours were counted on '
        || strftime(latest.visit_date, '%d %b %Y') || ', the rest is estimated.',
        '/stores/' || stores.page
    from latest
    inner join dim_stores as stores on latest.store_id = stores.store_id
    where latest.coverage_pct < 90

    union all

    select
        5,
        'look',
        stores.store_id,
        stores.store_name || ': far ' || case when latest.visits_vs_avg_4w_pct > 0 then 'above' else 'below' end || ' its average',
        abs(round(latest.visits_vs_avg_4w_pct))::integer || ' % '
        || case when latest.visits_vs_avg_4w_pct > 0 then 'above' else 'below' end
        || ' the mean of four weeks on ' || strftime(latest.visit_date, '%d %b %Y') || '.',
        '/stores/' || stores.page
    from latest
    inner join dim_stores as stores on latest.store_id = stores.store_id
    where abs(latest.visits_vs_avg_4w_pct) >= 25 and latest.weeks_in_avg_4w >= 3 and not latest.is_closed_day

    union all

    select
        6,
        'look',
        null,
        source || ': ' || count(*) || case when count(*) = 1 then ' row was' else ' rows were' end || ' set aside',
        'The newest on ' || strftime((max(first_seen_at) || ':00')::timestamp, '%d %b %Y, %H:%M') || ' UTC: ' || max(reason) || '.',
        null
    from fct_rejected_records
    cross join publication
    where (first_seen_at || ':00')::timestamp > (publication.built_at || ':00')::timestamp - interval 7 day
    group by source
)

select *
from items
order by position, severity, title
