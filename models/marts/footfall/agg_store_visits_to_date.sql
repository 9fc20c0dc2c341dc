with days as (
    select
        store_id,
        visit_date,
        visits,
        visits_estimated
    from {{ ref('fct_store_visits_daily') }}
),

ends as (
    select
        store_id,
        latest_complete_date as ends_on
    from {{ ref('dim_stores') }}
    where latest_complete_date is not null
),

{{ visits_to_date('days', 'ends', 'store_id') }}

select * from to_date
order by store_id, period
