with stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

days as (
    select * from {{ built_or_empty('fct_store_visits_daily') }}
),

recent_days as (
    select
        days.store_id,
        days.visit_date,
        days.visits_vs_usual_pct,
        stores.store_name,
        stores.timezone
    from days
    inner join stores on days.store_id = stores.store_id
    where
        days.visit_date > {{ alerts_from('stores.latest_complete_date') }}
        and days.visits_vs_usual_pct is not null
        and days.weeks_in_usual >= {{ threshold('least_weeks_in_usual') }}
),

final as (
    select
        'footfall' as source,
        store_id,
        store_id as entity,
        {{ local_midnight('visit_date', 'timezone') }} as begins_at,
        abs(visits_vs_usual_pct) as value,
        'above' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('store_day_off_usual', [('visits_vs_usual_pct > 0', 'message'), (none, 'below')], {
            'store': 'store_name', 'percent': whole_number_text('round(abs(visits_vs_usual_pct))'), 'day': 'visit_date',
        }) }}
    from recent_days
)

select * from final
