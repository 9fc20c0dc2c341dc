{{ config(materialized='view') }}

with store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
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
        store_periods.store_id,
        holidays.holiday_date as visit_date,
        holidays.holiday_name as closed_reason
    from store_periods
    inner join holidays
        on
            store_periods.country_code = holidays.country_code
            and store_periods.holds_from_date <= holidays.holiday_date
            and holidays.holiday_date < store_periods.holds_until_date
    left join openings on store_periods.store_id = openings.store_id and holidays.holiday_date = openings.holiday_date
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
