-- Sales a visit in the last four weeks, of the stores that both feeds know and whose day is over: what the metric conversion_pct says. The
-- change is that of the stores that were open, beside the same weekday of the four weeks before.
with days as (
    select
        visit_date as day,
        sum(sales) as sales,
        sum(visits_estimated) as visits,
        sum(sales) filter (where not is_closed_day) as comparable_sales,
        sum(visits_estimated) filter (where not is_closed_day) as comparable_visits
    from fct_store_performance_daily
    where is_complete and visits_estimated is not null
    group by visit_date
),

usual as (
    select
        days.day,
        sum(before.comparable_sales) / nullif(sum(before.comparable_visits), 0) as ratio
    from days
    inner join days as before
        on
            before.day < days.day
            and before.day >= days.day - 28
            and date_diff('day', before.day, days.day) % 7 = 0
    group by days.day
)

select
    days.day,
    days.sales / days.visits as ratio,
    100 * (days.comparable_sales / nullif(days.comparable_visits, 0) - usual.ratio) / nullif(usual.ratio, 0) as vs_usual
from days
left join usual on days.day = usual.day
where days.visits > 0
qualify row_number() over (order by days.day desc) <= 28
order by days.day
