-- The days ahead of each store, and how good its forecasts have been: a row a store that has brought a complete day.
with ahead as (
    select
        store_id,
        sum(visits) filter (where horizon_days <= 7) as next_7_days,
        sum(visits) as next_14_days,
        100 * (sum(visits) filter (where mean_of_four is not null) - sum(mean_of_four)) / nullif(sum(mean_of_four), 0) as vs_four_weeks,
        arg_max(visit_date, visits) filter (where visits > 0) as fullest_day,
        max(reason) as reason
    from fct_visits_ahead_daily
    group by store_id
),

people as (
    select
        store_id,
        sum(staff_needed) as person_hours
    from fct_staffing_plan_hourly
    group by store_id
),

accuracy as (
    select
        store_id,
        max(wape_pct) filter (where method = 'issued') as wape,
        max(wape_pct) filter (where method = 'mean_of_four') as wape_four,
        max(coverage_80_pct) as coverage
    from agg_visits_forecast_accuracy
    group by store_id
)

select
    stores.store_name,
    store_link(stores.store_id) as link,
    ahead.next_7_days,
    ahead.next_14_days,
    ahead.vs_four_weeks,
    ahead.fullest_day,
    people.person_hours,
    accuracy.wape,
    accuracy.wape_four,
    accuracy.coverage,
    case when ahead.store_id is null then 'no complete day for two weeks' else ahead.reason end as reason
from named_stores as stores
left join ahead on stores.store_id = ahead.store_id
left join people on stores.store_id = people.store_id
left join accuracy on stores.store_id = accuracy.store_id
where stores.latest_complete_date is not null
order by stores.store_name, stores.store_id
