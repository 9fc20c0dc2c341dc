{{ config(materialized='view') }}

with hours as (
    select
        *,
        {{ day_number('visit_date') }} as visit_day
    from {{ ref('int_footfall__sensor_hours') }}
),

histories as (
    -- is_observed is false where visits is null, so that count and sum speak of the same hours
    select
        *,
        sum(visits) over same_hour_before as history_visits,
        count(visits) over same_hour_before as history_hours
    from hours
    window same_hour_before as (
        partition by store_id, door_key, iso_weekday, local_hour
        order by visit_day
        {{ frame_of_weeks(lookback_weeks().expectation) }}
    )
),

own_expectations as (
    select
        *,
        cast(cast(history_visits as double) / nullif(history_hours, 0) as decimal(18, 3)) as own_expectation
    from histories
    where is_rebuilt and {{ in_chunk('visit_date') }}
),

comparable_hours as (
    select
        *,
        case when is_observed and own_expectation is not null then visits end as comparable_visits,
        case when is_observed and own_expectation is not null then own_expectation end as comparable_expectation
    from own_expectations
),

store_sums as (
    {{ sums_of_hours('comparable_hours', ['store_id', 'hour_start_at']) }}
),

-- Only of a door with two sensors is what the door counts more than what its sensor counts.
shared_doors as (
    select
        store_id,
        door_key
    from comparable_hours
    group by store_id, door_key
    having min(sensor_id) <> max(sensor_id)
),

hours_of_shared_doors as (
    select comparable_hours.*
    from comparable_hours
    inner join shared_doors on comparable_hours.store_id = shared_doors.store_id and comparable_hours.door_key = shared_doors.door_key
),

door_sums as (
    {{ sums_of_hours('hours_of_shared_doors', ['store_id', 'door_key', 'hour_start_at']) }}
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
    inner join store_sums on hours.store_id = store_sums.store_id and hours.hour_start_at = store_sums.hour_start_at
    left join door_sums
        on hours.store_id = door_sums.store_id and hours.door_key = door_sums.door_key and hours.hour_start_at = door_sums.hour_start_at
),

final as (
    select
        sensor_id,
        store_id,
        hour_start_at,
        visit_date,
        local_hour,
        is_open,
        is_observed,
        visits,
        own_expectation is not null as has_history,
        cast(
            case
                when own_expectation is not null and others_comparable_expectation > 0
                    then cast(own_expectation as double) * cast(others_comparable_visits as double) / cast(others_comparable_expectation as double)
                when own_expectation is not null then cast(own_expectation as double)
                when others_observed > 0 then cast(others_visits as double) / others_observed
            end as decimal(18, 3)
        ) as visits_expected
    from hours_with_other_doors
)

select * from final
