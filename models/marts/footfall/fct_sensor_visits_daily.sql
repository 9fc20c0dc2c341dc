{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['sensor_id', 'store_id', 'visit_date'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'days_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with sensor_days as (
    select * from {{ ref('int_footfall__sensor_days') }}
),

{{ compare_days('sensor_days', 'sensor_id, store_id') }},

final as (
    select
        sensor_id,
        store_id,
        visit_date,
        iso_weekday,
        open_hours,
        observed_hours,
        anomalous_hours,
        imputed_hours,
        coverage_pct,
        is_complete,
        visits,
        visits_estimated,
        visits_avg_4w,
        weeks_in_avg_4w,
        visits_vs_avg_4w_pct,
        visits_avg_4w_change_pct,
        visits_usual,
        weeks_in_usual,
        visits_vs_usual_pct,
        last_observed_hour_at
    from days_with_comparison
    where is_rebuilt
)

select * from final
order by visit_date, sensor_id, store_id
