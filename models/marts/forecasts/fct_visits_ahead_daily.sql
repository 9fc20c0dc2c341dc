with forecasts as (
    select * from {{ ref('int_forecasts__newest_visits_forecasts') }}
),

issued as (
    select
        store_id,
        issued_on,
        horizon_days,
        model,
        reason,
        mean_of_four
    from {{ ref('fct_visits_forecasts_daily') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

event_days as (
    select * from {{ ref('int_footfall__event_days') }}
),

final as (
    select
        forecasts.store_id,
        forecasts.target_date as visit_date,
        forecasts.horizon_days,
        forecasts.is_open,
        closed_days.closed_reason,
        event_days.event_label,
        case when forecasts.is_open then issued.model else 'closed' end as model,
        case when forecasts.is_open then issued.reason end as reason,
        forecasts.visits,
        forecasts.lower_80,
        forecasts.upper_80,
        case when forecasts.is_open then issued.mean_of_four end as mean_of_four,
        forecasts.issued_on
    from forecasts
    inner join issued
        on
            forecasts.store_id = issued.store_id
            and forecasts.issued_on = issued.issued_on
            and forecasts.horizon_days = issued.horizon_days
    left join closed_days on forecasts.store_id = closed_days.store_id and forecasts.target_date = closed_days.visit_date
    left join event_days on forecasts.store_id = event_days.store_id and forecasts.target_date = event_days.visit_date
)

select * from final
