{# A table for the same reason as int_footfall__sensor_periods. #}
with sensor_periods as (
    select * from {{ ref('int_footfall__sensor_periods') }}
),

store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

phase_changes as (
    select
        *,
        lag(phase_minutes) over (partition by timezone order by hour_start_at) as previous_phase_minutes
    from {{ ref('int_footfall__local_hours') }}
    where begins_phase
),

-- Where a clock's hours begin past the hour of UTC, and since when: in nearly every time zone it never changes.
clock_phases as (
    select
        timezone,
        phase_minutes,
        case
            when lag(hour_start_at) over in_time is not null then hour_start_at else cast('0001-01-01' as timestamp)
        end as phase_from,
        coalesce(lead(hour_start_at) over in_time, cast('9999-12-31' as timestamp)) as phase_until
    from phase_changes
    where previous_phase_minutes is null or phase_minutes <> previous_phase_minutes
    window in_time as (partition by timezone order by hour_start_at)
),

periods as (
    select
        sensor_periods.sensor_id,
        sensor_periods.store_id,
        sensor_periods.door_key,
        sensor_periods.interval_minutes,
        sensor_periods.service_from,
        sensor_periods.service_until,
        store_periods.timezone,
        coalesce(clock_phases.phase_minutes, 0) as phase_minutes,
        coalesce(clock_phases.phase_from, cast('0001-01-01' as timestamp)) as phase_from,
        greatest(sensor_periods.holds_from, store_periods.holds_from, coalesce(clock_phases.phase_from, sensor_periods.holds_from)) as holds_from,
        least(sensor_periods.holds_until, store_periods.holds_until, coalesce(clock_phases.phase_until, sensor_periods.holds_until)) as holds_until
    from sensor_periods
    inner join store_periods
        on
            sensor_periods.store_id = store_periods.store_id
            and sensor_periods.holds_from < store_periods.holds_until
            and store_periods.holds_from < sensor_periods.holds_until
    left join clock_phases
        on
            store_periods.timezone = clock_phases.timezone
            and clock_phases.phase_from < sensor_periods.holds_until
            and sensor_periods.holds_from < clock_phases.phase_until
            and clock_phases.phase_from < store_periods.holds_until
            and store_periods.holds_from < clock_phases.phase_until
),

periods_in_service as (
    select
        *,
        greatest(holds_from, {{ start_of_hour('service_from', 'phase_minutes') }}) as in_service_from,
        least(holds_until, coalesce(service_until, holds_until)) as in_service_until
    from periods
    where holds_from < holds_until
),

final as (
    select
        sensor_id,
        store_id,
        door_key,
        timezone,
        interval_minutes,
        phase_minutes,
        phase_from,
        holds_from,
        holds_until,
        in_service_from,
        in_service_until,
        {{ utc_instant('holds_from') }} as raw_holds_from,
        {{ utc_instant('holds_until') }} as raw_holds_until,
        {{ utc_instant('phase_from') }} as raw_phase_from,
        {{ utc_instant('in_service_from') }} as raw_in_service_from,
        {{ utc_instant('in_service_until') }} as raw_in_service_until
    from periods_in_service
)

select * from final
