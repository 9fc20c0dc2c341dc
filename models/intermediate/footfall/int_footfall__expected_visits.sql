{{ config(materialized='view') }}

-- Numbers in place of texts go through the windows; the texts are joined back at the end.
with numbered_doors as (
    select * from {{ ref('int_footfall__numbered_doors') }}
),

hours as (
    select
        *,
        cast({{ day_number('visit_date') }} as integer) as visit_day
    from {{ ref('int_footfall__sensor_hours') }}
),

histories as (
    select
        *,
        sum(visits) over same_hour_before as history_visits,
        count(visits) over same_hour_before as history_hours
    from hours
    window same_hour_before as (
        partition by door_number, iso_weekday, local_hour order by visit_day {{ frame_of_weeks(lookback_weeks().expectation) }}
    )
),

own_expectations as (
    select
        *,
        {{ thousandths('cast(history_visits as double) / nullif(history_hours, 0)') }} as own_expectation
    from histories
    where is_rebuilt and {{ in_chunk('visit_date') }}
),

comparable_hours as (
    select
        *,
        case when own_expectation is not null then visits end as comparable_visits,
        case when visits is not null then own_expectation end as comparable_expectation
    from own_expectations
),

store_sums as (
    {{ sums_of_hours('comparable_hours', ['store_number', 'hour_start_at']) }}
),

-- Only of a door with two sensors is what the door counts more than what its sensor counts.
hours_of_shared_doors as (
    select comparable_hours.*
    from comparable_hours
    inner join numbered_doors on comparable_hours.sensor_door_number = numbered_doors.sensor_door_number
    where numbered_doors.is_shared
),

door_sums as (
    {{ sums_of_hours('hours_of_shared_doors', ['door_number', 'hour_start_at']) }}
),

hours_with_other_doors as (
    -- the store's other doors: all of its doors less this one's
    select
        hours.*,
        store_sums.visits - coalesce(door_sums.visits, hours.visits, 0) as others_visits,
        store_sums.observed - coalesce(door_sums.observed, case when hours.visits is null then 0 else 1 end) as others_observed,
        store_sums.comparable_visits - coalesce(door_sums.comparable_visits, hours.comparable_visits, 0) as others_comparable_visits,
        store_sums.comparable_expectation - coalesce(door_sums.comparable_expectation, hours.comparable_expectation, 0) as others_comparable_expectation
    from comparable_hours as hours
    inner join store_sums on hours.store_number = store_sums.store_number and hours.hour_start_at = store_sums.hour_start_at
    left join door_sums on hours.door_number = door_sums.door_number and hours.hour_start_at = door_sums.hour_start_at
),

estimates as (
    select
        *,
        case
            when own_expectation is not null and others_comparable_expectation > 0
                then cast(own_expectation as double) * cast(others_comparable_visits as double) / cast(others_comparable_expectation as double)
            when own_expectation is not null then cast(own_expectation as double)
            when others_observed > 0 then cast(others_visits as double) / others_observed
        end as estimate
    from hours_with_other_doors
),

final as (
    select
        hours.sensor_door_number,
        numbered_doors.sensor_id,
        numbered_doors.store_id,
        hours.hour_start_at,
        hours.visit_date,
        hours.local_hour,
        hours.is_open,
        hours.visits is not null as is_observed,
        hours.visits,
        hours.own_expectation is not null as has_history,
        {{ thousandths('hours.estimate') }} as visits_expected
    from estimates as hours
    inner join numbered_doors on hours.sensor_door_number = numbered_doors.sensor_door_number
)

select * from final
