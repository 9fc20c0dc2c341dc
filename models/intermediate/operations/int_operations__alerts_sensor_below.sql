-- Of the last days and not of the last hour alone: a late count may still come.
with stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

hours as (
    select hours.*
    from {{ built_or_empty('fct_sensor_visits_hourly') }} as hours
    inner join stores on hours.store_id = stores.store_id
    where
        hours.is_open
        and hours.is_observed
        and hours.hour_start_at > {{ alerts_from('stores.newest_hour_at') }}
        -- the same for all, so that only the newest hours are read
        and hours.hour_start_at
        > (select {{ alerts_from('min(newest_hour_at)') }} from {{ built_or_empty('dim_stores') }})
),

final as (
    select
        'footfall' as source,
        store_id,
        sensor_id as entity,
        hour_start_at as begins_at,
        cast(visits as double) as value,
        'below' as at_fault_when,
        cast(null as double) as own_threshold,
        true as may_open,
        {{ alert_message('sensor_below', [(none, 'message')], {
            'entity': 'sensor_id', 'visits': whole_number_text('visits'), 'moment': 'hour_start_at',
        }) }}
    from hours
)

select * from final
