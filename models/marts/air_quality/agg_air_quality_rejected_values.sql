with implausible as (
    select
        station_id,
        parameter,
        max(parameter_name) as parameter_name,
        max(unit) as unit,
        max(lowest) as lowest,
        max(highest) as highest,
        count(*) as rejected_values,
        min(value) as least_value,
        max(value) as greatest_value,
        min(measured_at) as first_measured_at,
        max(measured_at) as newest_measured_at
    from {{ ref('int_air_quality__values') }}
    where not is_plausible
    group by station_id, parameter
),

unit_changes as (
    select
        station_id,
        parameter,
        max(parameter_name) as parameter_name,
        count(*) as days_in_another_unit,
        min(measured_date) as first_date_in_another_unit
    from {{ ref('int_air_quality__unit_changes') }}
    group by station_id, parameter
),

final as (
    select
        coalesce(implausible.station_id, unit_changes.station_id) as station_id,
        coalesce(implausible.parameter, unit_changes.parameter) as parameter,
        coalesce(implausible.parameter_name, unit_changes.parameter_name) as parameter_name,
        implausible.unit,
        implausible.lowest,
        implausible.highest,
        coalesce(implausible.rejected_values, 0) as rejected_values,
        implausible.least_value,
        implausible.greatest_value,
        coalesce(unit_changes.days_in_another_unit, 0) as days_in_another_unit,
        unit_changes.first_date_in_another_unit,
        implausible.first_measured_at,
        implausible.newest_measured_at
    from implausible
    full outer join unit_changes on implausible.station_id = unit_changes.station_id and implausible.parameter = unit_changes.parameter
)

select * from final
