with goals as (
    select
        *,
        cast(month || '-01' as date) as month_start_date,
        {{ add_days(dbt.dateadd('month', 1, "cast(month || '-01' as date)"), -1) }} as month_end_date
    from {{ ref('goals') }}
),

store_days as (
    select * from {{ ref('fct_store_visits_daily') }}
    where is_complete
),

forecasts as (
    select * from {{ ref('int_forecasts__newest_visits_forecasts') }}
),

stores as (
    select * from {{ ref('dim_stores') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

days as (
    select
        goals.store_id as goal_store_id,
        goals.metric,
        goals.month_start_date,
        stores.store_id,
        stores.latest_complete_date,
        {{ unnest_days('goals.month_start_date', 'goals.month_end_date') }} as visit_date
    from goals
    inner join stores on coalesce(goals.store_id, stores.store_id) = stores.store_id
),

days_with_visits as (
    select
        days.*,
        days.visit_date <= days.latest_complete_date as is_over,
        case when days.visit_date <= days.latest_complete_date then cast(store_days.visits_estimated as double) end as came,
        closed_days.store_id is not null as is_closed,
        case when days.visit_date > days.latest_complete_date and closed_days.store_id is null then forecasts.visits end as expected
    from days
    left join store_days on days.store_id = store_days.store_id and days.visit_date = store_days.visit_date
    left join closed_days on days.store_id = closed_days.store_id and days.visit_date = closed_days.visit_date
    -- a day beyond the forecast is expected to be as its weekday in the forecast's second week
    left join forecasts
        on
            days.store_id = forecasts.store_id
            and case
                when {{ dbt.datediff('forecasts.issued_on', 'days.visit_date', 'day') }} <= 14
                    then forecasts.target_date = days.visit_date
                else
                    forecasts.horizon_days > 7
                    and mod({{ dbt.datediff('forecasts.target_date', 'days.visit_date', 'day') }}, 7) = 0
            end
),

sums as (
    select
        goal_store_id,
        metric,
        month_start_date,
        max(case when is_over then visit_date end) as known_until,
        count(case when is_over and came is null then 1 end) as store_days_unknown,
        sum({{ thousandths('came') }}) as achieved,
        sum({{ thousandths('expected') }}) as expected,
        count(case when not is_over and not is_closed and expected is null then 1 end) as store_days_without_forecast
    from days_with_visits
    group by goal_store_id, metric, month_start_date
),

final as (
    select
        goals.store_id,
        goals.metric,
        goals.month_start_date,
        goals.target,
        cast(coalesce(sums.achieved, 0) as double) as achieved,
        100 * cast(coalesce(sums.achieved, 0) as double) / goals.target as achieved_pct,
        case
            when sums.expected is not null or sums.store_days_without_forecast = 0
                then cast(coalesce(sums.achieved, 0) + coalesce(sums.expected, 0) as double)
        end as on_track_for,
        sums.known_until,
        cast(coalesce(sums.store_days_unknown, 0) as bigint) as store_days_unknown,
        cast(coalesce(sums.store_days_without_forecast, 0) as bigint) as store_days_without_forecast
    from goals
    left join sums
        on
            coalesce(goals.store_id, '') = coalesce(sums.goal_store_id, '')
            and goals.metric = sums.metric
            and goals.month_start_date = sums.month_start_date
)

select * from final
