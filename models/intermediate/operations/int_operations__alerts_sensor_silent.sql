with silent as (
    select * from {{ ref('int_operations__open_hours_since') }}
),

stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

footfall_loads as (
    select * from {{ ref('int_operations__source_loads') }}
    where source = 'footfall'
),

final as (
    select
        'footfall' as source,
        silent.store_id,
        silent.sensor_id as entity,
        silent.silent_since as begins_at,
        cast(silent.open_hours_silent as double) as value,
        'at least' as at_fault_when,
        cast(null as double) as own_threshold,
        -- where the whole store is silent that is one thing to say, and not one for each door
        {{ dbt.datediff('stores.newest_hour_at', 'footfall_loads.loaded_at', 'second') }} < 3600 * {{ threshold('silent_store_hours') }} as may_open,
        {{ alert_message('sensor_silent', [('silent.newest_observed_hour_at is null', 'without_a_reading'), (none, 'message')], {
            'entity': 'silent.sensor_id', 'hours': whole_number_text('silent.open_hours_silent'), 'moment': 'silent.newest_observed_hour_at',
        }) }}
    from silent
    inner join stores on silent.store_id = stores.store_id
    cross join footfall_loads
)

select * from final
