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
        range between 28 preceding and 7 preceding
    )
),

own_expectations as (
    select
        *,
        cast(cast(history_visits as double) / nullif(history_hours, 0) as decimal(18, 3)) as own_expectation
    from histories
    where is_rebuilt
),

compared as (
    select
        *,
        case when is_observed and own_expectation is not null then visits end as compared_visits,
        case when is_observed and own_expectation is not null then own_expectation end as compared_expectation
    from own_expectations
),

neighbours as (
    -- the store's other doors: all of its doors less this one's
    select
        *,
        sum(visits) over store_hour - coalesce(sum(visits) over door_hour, 0) as others_visits,
        count(visits) over store_hour - count(visits) over door_hour as others_observed,
        sum(compared_visits) over store_hour - coalesce(sum(compared_visits) over door_hour, 0) as others_compared_visits,
        sum(compared_expectation) over store_hour
        - coalesce(sum(compared_expectation) over door_hour, 0) as others_compared_expectation
    from compared
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
                when own_expectation is not null and others_compared_expectation > 0
                    then
                        cast(own_expectation as double)
                        * cast(others_compared_visits as double)
                        / cast(others_compared_expectation as double)
                when own_expectation is not null then cast(own_expectation as double)
                when others_observed > 0 then cast(others_visits as double) / others_observed
            end as decimal(18, 3)
        ) as visits_expected
    from neighbours
)

select * from final
