{{ config(materialized='view') }}

with events as (
    select * from {{ ref('events') }}
),

stores as (
    select store_id from {{ ref('int_footfall__store_versions') }}
    where is_current
),

event_days as (
    select
        stores.store_id,
        {{ unnest_days('events.first_day', 'events.last_day') }} as visit_date,
        events.label,
        events.is_unusual
    from events
    -- an event without a store is one of all stores
    inner join stores on coalesce(events.store_id, stores.store_id) = stores.store_id
),

final as (
    select
        store_id,
        visit_date,
        {{ dbt.listagg('label', "' / '", 'order by label') }} as event_label,
        max(is_unusual) as is_unusual
    from event_days
    group by store_id, visit_date
)

select * from final
