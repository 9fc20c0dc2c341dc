{{ config(materialized='view') }}

with hours as (
    select * from {{ ref('stg_air_quality__hourly') }}
),

ranges as (
    select * from {{ ref('air_quality_limits') }}
    where averaging_hours = 1
),

measured as (
    {% for column, name in air_parameters().items() %}
        select
            station_id,
            '{{ column }}' as parameter,
            '{{ name }}' as parameter_name,
            {{ column }} as value,
            feed,
            feed_file,
            feed_sheet,
            feed_line,
            measured_at,
            _dlt_load_id
        from hours
        where {{ column }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        measured.station_id,
        measured.parameter,
        measured.parameter_name,
        measured.value,
        ranges.lowest,
        ranges.highest,
        ranges.unit,
        not coalesce(measured.value < ranges.lowest or measured.value > ranges.highest, false) as is_plausible,
        measured.feed,
        measured.feed_file,
        measured.feed_sheet,
        measured.feed_line,
        measured.measured_at,
        measured._dlt_load_id
    from measured
    left join ranges on measured.parameter = ranges.parameter
)

select * from final
