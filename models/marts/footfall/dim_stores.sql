with stores as (
    select * from {{ ref('int_footfall__store_versions') }}
    where is_current
),

feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

newest_local_times as (
    select
        store_id,
        {{ local_timestamp('newest_hour_at', 'timezone') }} as newest_local_at
    from feeds
),

daily as (
    select
        store_id,
        max(case when is_complete then visit_date end) as latest_complete_date
    from {{ ref('fct_store_visits_daily') }}
    group by store_id
),

doors as (
    select
        sensor_doors.store_id,
        count(distinct sensor_doors.door_key) as doors,
        count(
            distinct case
                when coalesce(sensor_doors.in_service_until > feeds.newest_hour_at, true) then sensor_doors.sensor_id
            end
        ) as sensors_in_service
    from {{ ref('int_footfall__sensor_doors') }} as sensor_doors
    inner join feeds on sensor_doors.store_id = feeds.store_id
    group by sensor_doors.store_id
),

final as (
    select
        stores.store_id,
        stores.store_name,
        stores.city,
        stores.country_code,
        stores.timezone,
        stores.opens_at,
        stores.closes_at,
        coalesce(doors.doors, 0) as doors,
        coalesce(doors.sensors_in_service, 0) as sensors_in_service,
        cast(extract(hour from newest_local_times.newest_local_at) as integer) as newest_local_hour,
        stores.opened_on,
        cast(newest_local_times.newest_local_at as date) as newest_date,
        daily.latest_complete_date,
        feeds.first_hour_at,
        feeds.newest_hour_at,
        stores.updated_at
    from stores
    inner join feeds on stores.store_id = feeds.store_id
    inner join newest_local_times on stores.store_id = newest_local_times.store_id
    left join daily on stores.store_id = daily.store_id
    left join doors on stores.store_id = doors.store_id
)

select * from final
