{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['store_id', 'visit_date'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'days_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with store_days as (
    select * from {{ ref('int_footfall__store_days') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

event_days as (
    select * from {{ ref('int_footfall__event_days') }}
),

{{ compare_days('store_days', 'store_id') }},

final as (
    select
        days.store_id,
        days.visit_date,
        days.iso_weekday,
        days.open_hours,
        days.observed_hours,
        days.anomalous_hours,
        days.imputed_hours,
        days.coverage_pct,
        days.is_complete,
        days.is_closed_day,
        closed_days.closed_reason,
        event_days.event_label,
        days.is_unusual,
        days.visits,
        days.visits_estimated,
        days.visits_avg_4w,
        days.weeks_in_avg_4w,
        -- no average has a closed day in it any more: kept for those who read the column
        cast(0 as bigint) as closed_days_in_avg_4w,
        days.visits_vs_avg_4w_pct,
        days.visits_avg_4w_change_pct,
        days.visits_usual,
        days.weeks_in_usual,
        days.visits_vs_usual_pct,
        last_year.visits as visits_same_day_last_year
    from days_with_comparison as days
    left join closed_days
        on
            days.store_id = closed_days.store_id
            and days.visit_date = closed_days.visit_date
    left join event_days
        on
            days.store_id = event_days.store_id
            and days.visit_date = event_days.visit_date
    left join store_days as last_year
        on
            days.store_id = last_year.store_id
            and {{ same_day_last_year('days.visit_date') }} = last_year.visit_date
    where days.is_rebuilt
)

select * from final
order by visit_date, store_id
