{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['store_id', 'visit_date'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'days_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

store_days as (
    select
        days.*,
        closed_days.store_id is not null as is_closed_day,
        closed_days.closed_reason
    from {{ ref('int_footfall__store_days') }} as days
    left join closed_days
        on
            days.store_id = closed_days.store_id
            and days.visit_date = closed_days.visit_date
),

{{ compare_with_4_weeks('store_days', 'store_id') }},

days_with_closed_days as (
    -- a holiday among the four dates pulls their mean down: the reader of the comparison should know
    select
        *,
        {{ weeks_in_4_weeks('case when is_closed_day and usable_visits is not null then 1 end', 'store_id', 'visit_date') }}
            as closed_days_in_avg_4w
    from days_with_comparison
),

final as (
    select
        days_with_closed_days.store_id,
        days_with_closed_days.visit_date,
        days_with_closed_days.iso_weekday,
        days_with_closed_days.open_hours,
        days_with_closed_days.observed_hours,
        days_with_closed_days.anomalous_hours,
        days_with_closed_days.imputed_hours,
        days_with_closed_days.coverage_pct,
        days_with_closed_days.is_complete,
        days_with_closed_days.is_closed_day,
        days_with_closed_days.closed_reason,
        days_with_closed_days.visits,
        days_with_closed_days.visits_estimated,
        days_with_closed_days.visits_avg_4w,
        days_with_closed_days.weeks_in_avg_4w,
        days_with_closed_days.closed_days_in_avg_4w,
        days_with_closed_days.visits_vs_avg_4w_pct,
        days_with_closed_days.visits_avg_4w_change_pct,
        last_year.visits as visits_same_day_last_year
    from days_with_closed_days
    left join store_days as last_year
        on
            days_with_closed_days.store_id = last_year.store_id
            and {{ same_day_last_year('days_with_closed_days.visit_date') }} = last_year.visit_date
    where days_with_closed_days.is_rebuilt
)

select * from final
order by visit_date, store_id
