{{ config(materialized='view') }}

with stores as (
    select * from {{ ref('stg_footfall__stores') }}
),

holidays as (
    select * from {{ ref('holidays') }}
    where is_closed
),

openings as (
    select * from {{ ref('holiday_openings') }}
),

closures as (
    select * from {{ ref('closures') }}
),

closure_days as (
    select
        store_id,
        {{ unnest_days('closed_from', 'closed_until') }} as visit_date,
        reason
    from closures
),

every_reason as (
    select
        stores.store_id,
        holidays.holiday_date as visit_date,
        holidays.holiday_name as closed_reason
    from stores
    inner join holidays on stores.country_code = holidays.country_code
    left join openings on stores.store_id = openings.store_id and holidays.holiday_date = openings.holiday_date
    where openings.store_id is null

    union all

    select
        store_id,
        visit_date,
        reason as closed_reason
    from closure_days
),

final as (
    select
        store_id,
        visit_date,
        min(closed_reason) as closed_reason
    from every_reason
    group by store_id, visit_date
)

select * from final
