{{ config(materialized='view') }}

with forecasts as (
    select
        *,
        max(issued_on) over (partition by store_id) as newest_issued_on,
        max(issued_on) over () as newest_of_all
    from {{ ref('fct_visits_forecasts_daily') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

final as (
    select
        forecasts.store_id,
        forecasts.issued_on,
        forecasts.target_date,
        forecasts.horizon_days,
        -- a closure that was entered after the forecast counts all the same
        case when closed_days.store_id is null then forecasts.is_open else false end as is_open,
        case when closed_days.store_id is null then forecasts.visits else 0 end as visits,
        case when closed_days.store_id is null then forecasts.lower_80 else 0 end as lower_80,
        case when closed_days.store_id is null then forecasts.upper_80 else 0 end as upper_80
    from forecasts
    left join closed_days on forecasts.store_id = closed_days.store_id and forecasts.target_date = closed_days.visit_date
    where
        forecasts.issued_on = forecasts.newest_issued_on
        -- of a store that brings no more counts, all that was forecast is over
        and forecasts.issued_on > {{ add_days('forecasts.newest_of_all', -14) }}
)

select * from final
