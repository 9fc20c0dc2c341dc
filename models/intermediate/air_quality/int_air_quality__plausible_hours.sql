with hours as (
    select * from {{ ref('stg_air_quality__hourly') }}
),

plausible as (
    select
        station_id,
        measured_at,
    {% for column in air_parameters() %}
        max(case when parameter = '{{ column }}' then value end) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('int_air_quality__values') }}
    where is_plausible
    group by station_id, measured_at
),

-- An hour of which no value is plausible was reported all the same.
final as (
    select
        hours.station_id,
        {% for column in air_parameters() %}
            plausible.{{ column }},
        {% endfor %}
        hours.internal_temperature,
        hours.measured_at,
        hours._dlt_load_id
    from hours
    left join plausible on hours.station_id = plausible.station_id and hours.measured_at = plausible.measured_at
)

select * from final
