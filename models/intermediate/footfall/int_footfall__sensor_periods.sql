{# Read by half a dozen models, each of which would work it out anew: at a thousand sensors that is half a second of a day's build. #}
with versions as (
    select * from {{ ref('int_footfall__sensor_versions') }}
),

store_versions as (
    select * from {{ ref('int_footfall__store_versions') }}
),

versions_with_previous as (
    select
        *,
        lag(store_id) over in_time as previous_store_id,
        lag(door) over in_time as previous_door,
        lag(interval_minutes) over in_time as previous_interval_minutes
    from versions
    window in_time as (partition by sensor_id order by begins_at)
),

versions_with_stay as (
    select
        *,
        sum(case when store_id = previous_store_id then 0 else 1 end)
            over (partition by sensor_id order by begins_at rows between unbounded preceding and current row) as stay
    from versions_with_previous
),

-- When it was installed and removed its newest version in a store knows best; where a move of the provider's was none, the first time is right.
versions_with_service as (
    select
        *,
        case
            when min(written_store_id) over in_stay = max(written_store_id) over in_stay then last_value(installed_at) over in_stay
            else min(installed_at) over in_stay
        end as service_from,
        last_value(removed_at) over in_stay as service_until
    from versions_with_stay
    window in_stay as (partition by sensor_id, stay order by begins_at rows between unbounded preceding and unbounded following)
),

first_versions as (
    select * from versions_with_service
    where
        version_number = 1
        or store_id <> previous_store_id
        or interval_minutes <> previous_interval_minutes
        or (door is distinct from previous_door)
),

-- The hour in which something changes is whole: it belongs to what was before, on the clock of the store that the sensor leaves.
first_versions_with_hour as (
    select
        first_versions.*,
        case
            when first_versions.version_number > 1
                then {{ start_of_local_hour('first_versions.begins_at', "coalesce(stores.timezone, 'Etc/UTC')") }}
        end as in_hour_at
    from first_versions
    left join store_versions as stores
        on
            coalesce(first_versions.previous_store_id, first_versions.store_id) = stores.store_id
            and stores.is_current
),

periods as (
    select
        *,
        case when in_hour_at < begins_at then {{ dbt.dateadd('hour', 1, 'in_hour_at') }} else begins_at end as holds_from
    from first_versions_with_hour
),

periods_with_end as (
    select
        *,
        coalesce(
            min(holds_from) over (partition by sensor_id order by begins_at rows between 1 following and unbounded following),
            cast('9999-12-31' as timestamp)
        ) as holds_until
    from periods
),

final as (
    select
        sensor_id,
        store_id,
        coalesce(cast(door as {{ dbt.type_string() }}), 'sensor ' || sensor_id) as door_key,
        interval_minutes,
        service_from,
        service_until,
        holds_from,
        holds_until,
        {{ utc_instant('holds_from') }} as raw_holds_from,
        {{ utc_instant('holds_until') }} as raw_holds_until
    from periods_with_end
    where holds_from < holds_until
)

select * from final
