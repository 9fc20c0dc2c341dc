with sensors as (
    select * from {{ ref('int_footfall__sensor_versions') }}
    where is_current
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

hourly as (
    select * from {{ ref('fct_sensor_visits_hourly') }}
),

newest_observed as (
    select
        sensor_id,
        max(last_observed_hour_at) as newest_observed_hour_at,
        max(case when last_observed_hour_at is not null then visit_date end) as newest_observed_date
    from {{ ref('fct_sensor_visits_daily') }}
    group by sensor_id
),

-- a sensor of which nothing was ever observed is silent on all its days
silent_days as (
    select
        daily.sensor_id,
        daily.store_id,
        daily.visit_date,
        newest_observed.newest_observed_hour_at
    from {{ ref('fct_sensor_visits_daily') }} as daily
    inner join newest_observed on daily.sensor_id = newest_observed.sensor_id
    where
        daily.visit_date >= (select min(coalesce(each_one.newest_observed_date, cast('1900-01-01' as date))) from newest_observed as each_one)
        and (newest_observed.newest_observed_date is null or daily.visit_date >= newest_observed.newest_observed_date)
),

silences as (
    select
        hourly.sensor_id,
        count(*) as hours_silent,
        count(case when hourly.is_open then 1 end) as open_hours_silent
    from hourly
    inner join silent_days
        on
            hourly.sensor_id = silent_days.sensor_id
            and hourly.store_id = silent_days.store_id
            and hourly.visit_date = silent_days.visit_date
    where silent_days.newest_observed_hour_at is null or hourly.hour_start_at > silent_days.newest_observed_hour_at
    group by hourly.sensor_id
),

predecessors as (
    select
        successor.sensor_id,
        max(predecessor.sensor_id) as replaces_sensor_id
    from sensors as successor
    inner join sensors as predecessor
        on
            successor.store_id = predecessor.store_id
            and successor.door = predecessor.door
            and successor.sensor_id <> predecessor.sensor_id
            and predecessor.removed_at <= successor.installed_at
    where
        not exists (
            select 1
            from sensors as between_them
            where
                between_them.store_id = successor.store_id
                and between_them.door = successor.door
                and between_them.installed_at > predecessor.installed_at
                and between_them.installed_at < successor.installed_at
        )
    group by successor.sensor_id
),

final as (
    select
        sensors.sensor_id,
        sensors.store_id,
        predecessors.replaces_sensor_id,
        sensors.door,
        sensors.interval_minutes,
        coalesce(silences.hours_silent, 0) as hours_silent,
        coalesce(silences.open_hours_silent, 0) as open_hours_silent,
        coalesce(sensors.removed_at > feeds.newest_hour_at, sensors.removed_at is null) as is_in_service,
        sensors.installed_at,
        sensors.removed_at,
        newest_observed.newest_observed_hour_at,
        sensors.updated_at
    from sensors
    left join feeds on sensors.store_id = feeds.store_id
    left join newest_observed on sensors.sensor_id = newest_observed.sensor_id
    left join silences on sensors.sensor_id = silences.sensor_id
    left join predecessors on sensors.sensor_id = predecessors.sensor_id
)

select * from final
