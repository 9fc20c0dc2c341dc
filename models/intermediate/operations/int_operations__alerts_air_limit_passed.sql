with stations as (
    select * from {{ built_or_empty('dim_stations') }}
),

days as (
    select
        days.*,
        coalesce(stations.station_name, cast(stations.station_id as {{ dbt.type_string() }})) as station
    from {{ built_or_empty('fct_air_quality_daily') }} as days
    inner join stations on days.station_id = stations.station_id
    where
        days.is_complete
        and {{ dbt.dateadd('day', 1, 'days.measured_date') }} > {{ alerts_from('stations.newest_measured_at') }}
),

means as (
    {% for pollutant, name, unit in [('co', 'CO', 'mg/m³'), ('pm2_5', 'PM2.5', 'µg/m³')] %}
        select
            '{{ pollutant }}' as pollutant,
            '{{ name }}' as pollutant_name,
            '{{ unit }}' as unit,
            cast(station_id as {{ dbt.type_string() }}) as station_id,
            station,
            measured_date,
            {{ pollutant }}_mean as mean,
            {{ number_text('round(' ~ pollutant ~ '_mean, 1)') }} as mean_text,
            {{ pollutant }}_limit as limit_value
        from days
        where is_valid_{{ pollutant }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        -- rules are for a pollutant, which stands where other kinds have their source
        pollutant as source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        pollutant || ' at ' || station_id as entity,
        cast(measured_date as timestamp) as begins_at,
        round(mean, 9) as value,
        'above' as at_fault_when,
        limit_value as own_threshold,
        true as may_open,
        {{ alert_message('air_limit_passed', [(none, 'message')], {
            'pollutant': 'pollutant_name', 'station': 'station', 'mean': 'mean_text', 'unit': 'unit', 'day': 'measured_date',
        }) }}
    from means
)

select * from final
