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
    where is_rebuilt
),

comparable_hours as (
    select
        *,
        case when is_observed and own_expectation is not null then visits end as comparable_visits,
        case when is_observed and own_expectation is not null then own_expectation end as comparable_expectation
    from own_expectations
),

hours_with_other_doors as (
    -- the store's other doors: all of its doors less this one's
    select
        *,
        sum(visits) over store_hour - coalesce(sum(visits) over door_hour, 0) as others_visits,
        count(visits) over store_hour - count(visits) over door_hour as others_observed,
        sum(comparable_visits) over store_hour - coalesce(sum(comparable_visits) over door_hour, 0) as others_comparable_visits,
        sum(comparable_expectation) over store_hour
        - coalesce(sum(comparable_expectation) over door_hour, 0) as others_comparable_expectation
    from comparable_hours
    window
        store_hour as (partition by store_id, hour_start_at),
        door_hour as (partition by store_id, hour_start_at, door_key)
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
                    then
                        cast(own_expectation as double)
                        * cast(others_comparable_visits as double)
                        / cast(others_comparable_expectation as double)
                when own_expectation is not null then cast(own_expectation as double)
                when others_observed > 0 then cast(others_visits as double) / others_observed
            end as decimal(18, 3)
        ) as visits_expected
    from hours_with_other_doors
)

select * from final
