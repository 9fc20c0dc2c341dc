with implausible as (
    select * from {{ ref('int_air_quality__values') }}
    where not is_plausible
),

unit_changes as (
    select * from {{ ref('int_air_quality__unit_changes') }}
),

values_and_days as (
    select
        {{ source_and_place('air_quality') }},
        'hourly' as entity,
        cast(station_id as {{ dbt.type_string() }}) || ', ' || cast(measured_at as {{ dbt.type_string() }}) as record_id,
        parameter_name || ' ' || {{ number_text('value') }} || ' is outside its plausible range, '
        || coalesce({{ number_text('lowest') }}, 'any') || ' to '
        || coalesce({{ number_text('highest') }}, 'any') as reason,
        {{ json_object({'station_id': 'station_id', 'timestamp': "cast(measured_at as string)", 'parameter': 'parameter_name', 'value': 'value'}) }} as payload,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from implausible

    union all

    select
        coalesce(feed, 'air_quality') as source,
        cast(null as string) as place,
        'days' as entity,
        cast(station_id as {{ dbt.type_string() }}) || ', ' || cast(measured_date as {{ dbt.type_string() }}) as record_id,
        'the unit of ' || parameter_name || ' seems to have changed: its median of the day, ' || {{ number_text('round(median_value, 4)') }}
        || ', is ' || {{ number_text('round(factor, 4)') }} || ' times that of the 28 days before' as reason,
        {{ json_object({
            'station_id': 'station_id', 'day': "cast(measured_date as string)", 'parameter': 'parameter_name', 'median': 'median_value',
        }) }} as payload,
        first_seen_at
    from unit_changes
),

final as (
    select
        *,
        md5(payload) as payload_hash
    from values_and_days
)

select * from final
