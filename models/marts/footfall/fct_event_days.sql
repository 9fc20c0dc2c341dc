with final as (
    select
        store_id,
        visit_date,
        event_label,
        is_unusual
    from {{ ref('int_footfall__event_days') }}
)

select * from final
