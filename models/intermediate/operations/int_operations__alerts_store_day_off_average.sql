-- Closed days are in no average here: the day after a holiday week is no surprise.
{% set values = {
    'store': 'store_name', 'percent': whole_number_text('round(abs(difference_pct))'), 'day': day_text('visit_date'),
} %}

with stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

days as (
    select
        days.store_id,
        days.visit_date,
        days.visits_estimated,
        days.is_complete,
        stores.store_name,
        stores.timezone,
        days.visit_date > {{ alerts_from('stores.latest_complete_date') }} as is_recent,
        {{ mean_of_4_weeks('case when days.is_complete then days.visits_estimated end', 'days.store_id', 'days.visit_date') }} as visits_average,
        {{ weeks_in_4_weeks('case when days.is_complete then days.visits_estimated end', 'days.store_id', 'days.visit_date') }} as weeks
    from {{ built_or_empty('fct_store_visits_daily') }} as days
    inner join stores on days.store_id = stores.store_id
    where
        not days.is_closed_day
        and days.visit_date > {{ dbt.dateadd('day', -22, alerts_from('stores.latest_complete_date')) }}
),

compared as (
    select
        *,
        {{ difference_pct('visits_estimated', 'visits_average') }} as difference_pct
    from days
    where
        is_recent
        and is_complete
        and visits_average > 0
        and weeks >= {{ threshold('least_weeks_in_average') }}
        and visits_estimated is not null
),

final as (
    select
        'footfall' as source,
        store_id,
        store_id as entity,
        {{ local_midnight('visit_date', 'timezone') }} as begins_at,
        abs(difference_pct) as value,
        'above' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        case
            when difference_pct > 0 then {{ message('alerts.store_day_off_average.message', values) }}
            else {{ message('alerts.store_day_off_average.below', values) }}
        end as message
    from compared
)

select * from final
