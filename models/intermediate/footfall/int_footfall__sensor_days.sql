with hours as (
    select * from {{ ref('fct_sensor_visits_hourly') }}
    where {{ in_read_ranges('visit_date', 'days_read') }}
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

rebuild_days as (
    select * from {{ ref('int_footfall__rebuild_days') }}
    where rebuilds_days
),

days as (
    {{ days_with_weeks_before('rebuild_days', weeks_read_by_days()) }}
),

store_periods as (
    select * from {{ ref('int_footfall__store_periods') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

event_days as (
    select * from {{ ref('int_footfall__event_days') }}
),

local_days as (
    select
        timezone,
        visit_date,
        max(hour_start_at) as last_hour_at
    from {{ ref('int_footfall__local_hours') }}
    group by timezone, visit_date
),

days_with_completeness as (
    select
        days.store_id,
        days.visit_date,
        days.is_rebuilt,
        feeds.newest_hour_at >= local_days.last_hour_at as is_complete,
        closed_days.store_id is not null as is_closed_day,
        coalesce(event_days.is_unusual, false) as is_unusual
    from days
    inner join feeds on days.store_id = feeds.store_id
    inner join store_periods
        on
            days.store_id = store_periods.store_id
            and store_periods.holds_from_date <= days.visit_date
            and days.visit_date < store_periods.holds_until_date
    inner join local_days
        on
            store_periods.timezone = local_days.timezone
            and days.visit_date = local_days.visit_date
    left join closed_days on days.store_id = closed_days.store_id and days.visit_date = closed_days.visit_date
    left join event_days on days.store_id = event_days.store_id and days.visit_date = event_days.visit_date
),

sums_of_hours as (
    select
        sensor_id,
        store_id,
        visit_date,
        count(case when is_open then 1 end) as open_hours,
        count(case when is_open and is_observed then 1 end) as observed_hours,
        count(case when is_anomaly then 1 end) as anomalous_hours,
        count(case when is_imputed then 1 end) as imputed_hours,
        max(case when is_observed then hour_start_at end) as last_observed_hour_at,
        cast(sum(visits) as bigint) as visits,
        -- one hour without an estimate leaves the day without one
        case when count(visits_estimated) = count(*) then cast(sum(visits_estimated) as decimal(18, 3)) end
            as visits_estimated
    from hours
    group by sensor_id, store_id, visit_date
),

final as (
    select
        sums_of_hours.*,
        {{ iso_weekday('sums_of_hours.visit_date') }} as iso_weekday,
        days_with_completeness.is_complete,
        days_with_completeness.is_closed_day,
        days_with_completeness.is_unusual,
        days_with_completeness.is_rebuilt
    from sums_of_hours
    inner join days_with_completeness
        on
            sums_of_hours.store_id = days_with_completeness.store_id
            and sums_of_hours.visit_date = days_with_completeness.visit_date
)

select * from final
