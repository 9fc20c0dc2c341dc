{{ config(
    materialized='incremental',
    incremental_strategy='replace_days',
    unique_key=['sensor_id', 'hour_start_at'],
    on_schema_change='append_new_columns',
    meta={'replaces': 'hours_rebuilt', 'chunks': 'hours_rebuilt'},
    pre_hook="{{ check_whole_history() }}",
    post_hook="{{ save_watermark() }}",
) }}

with hours as (
    select * from {{ ref('int_footfall__expected_visits') }}
)

select
    sensor_id,
    store_id,
    hour_start_at,
    visit_date,
    local_hour,
    is_open,
    is_observed,
    coalesce(
        is_observed
        and is_open
        and has_history
        and (visits < visits_expected / 3 or visits > visits_expected * 3)
        -- what chance alone does to small counts is ordinary: five standard deviations of a Poisson count
        and abs(visits - visits_expected) > 5 * sqrt(greatest(visits_expected, 1)),
        false
    ) as is_anomaly,
    is_open and not is_observed and visits_expected is not null as is_imputed,
    visits,
    visits_expected,
    case
        when is_observed then cast(visits as decimal(18, 3))
        when is_open then visits_expected
        else cast(0 as decimal(18, 3))
    end as visits_estimated
from hours
-- in the order of time, so that a filter on it reads only what it needs; the number is in the order of sensor_id, and sorts faster
order by hour_start_at, sensor_door_number
