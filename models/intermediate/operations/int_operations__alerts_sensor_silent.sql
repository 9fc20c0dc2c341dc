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
        case
            when silent.newest_observed_hour_at is null
                then {{ message('alerts.sensor_silent.without_a_reading', {
                    'entity': 'silent.sensor_id', 'hours': whole_number_text('silent.open_hours_silent'),
                }) }}
            else {{ message('alerts.sensor_silent.message', {
                'entity': 'silent.sensor_id', 'hours': whole_number_text('silent.open_hours_silent'),
                'moment': moment_text('silent.newest_observed_hour_at'),
            }) }}
        end as message
    from silent
    inner join stores on silent.store_id = stores.store_id
    cross join footfall_loads
)

select * from final
