{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    on_schema_change='append_new_columns',
    meta={'replaces': 'rebuilds_days'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ remember_build() }}",
) }}

with store_days as (
    select * from {{ ref('int_footfall__store_days') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

{{ average_of_4_weeks('store_days', 'store_id') }},

final as (
    select
        compared.store_id,
        compared.visit_date,
        compared.iso_weekday,
        compared.open_hours,
        compared.observed_hours,
        compared.anomalous_hours,
        compared.imputed_hours,
        compared.coverage_pct,
        compared.is_complete,
        closed_days.store_id is not null as is_closed_day,
        closed_days.closed_reason,
        compared.visits,
        compared.visits_estimated,
        compared.visits_avg_4w,
        compared.weeks_in_avg_4w,
        compared.visits_vs_avg_4w_pct,
        compared.visits_avg_4w_change_pct,
        last_year.visits as visits_same_day_last_year
    from compared
    left join store_days as last_year
        on
            compared.store_id = last_year.store_id
            and {{ add_days('compared.visit_date', -364) }} = last_year.visit_date
    left join closed_days
        on
            compared.store_id = closed_days.store_id
            and compared.visit_date = closed_days.visit_date
    where compared.is_rebuilt
)

select * from final
order by visit_date, store_id
