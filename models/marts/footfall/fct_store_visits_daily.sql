{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    on_schema_change='append_new_columns',
    meta={'replaces': 'rebuilds_days'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ remember_build() }}",
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

{{ average_of_4_weeks('store_days', 'store_id') }},

explained as (
    -- a holiday among the four dates pulls their mean down: whoever reads the comparison should know
    select
        *,
        count(case when is_closed_day and usable_visits is not null then 1 end) over (
            partition by store_id, iso_weekday
            order by visit_day
            range between 21 preceding and current row
        ) as closed_days_in_avg_4w
    from compared
),

final as (
    select
        explained.store_id,
        explained.visit_date,
        explained.iso_weekday,
        explained.open_hours,
        explained.observed_hours,
        explained.anomalous_hours,
        explained.imputed_hours,
        explained.coverage_pct,
        explained.is_complete,
        explained.is_closed_day,
        explained.closed_reason,
        explained.visits,
        explained.visits_estimated,
        explained.visits_avg_4w,
        explained.weeks_in_avg_4w,
        explained.closed_days_in_avg_4w,
        explained.visits_vs_avg_4w_pct,
        explained.visits_avg_4w_change_pct,
        last_year.visits as visits_same_day_last_year
    from explained
    left join store_days as last_year
        on
            explained.store_id = last_year.store_id
            and {{ add_days('explained.visit_date', -364) }} = last_year.visit_date
    where explained.is_rebuilt
)

select * from final
order by visit_date, store_id
