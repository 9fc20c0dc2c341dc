with stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

days as (
    select
        days.*,
        stores.store_name,
        stores.timezone
    from {{ built_or_empty('fct_store_visits_daily') }} as days
    inner join stores on days.store_id = stores.store_id
    where
        days.is_complete
        and not days.is_closed_day
        and days.coverage_pct is not null
        and days.visit_date > {{ alerts_from('stores.latest_complete_date') }}
),

final as (
    select
        'footfall' as source,
        store_id,
        store_id as entity,
        {{ local_midnight('visit_date', 'timezone') }} as begins_at,
        coverage_pct as value,
        'below' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('coverage_below', [(none, 'message')], {
            'store': 'store_name', 'percent': whole_number_text('floor(coverage_pct)'), 'day': 'visit_date',
        }) }}
    from days
)

select * from final
