{{ config(materialized='view') }}

with sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
),

store_versions as (
    select * from {{ ref('int_footfall__store_versions') }}
),

written_versions as (
    select
        *,
        -- the first known version reaches back without limit
        case when lag(updated_at) over versions is not null then updated_at else cast('0001-01-01' as timestamp) end as begins_at,
        coalesce(lead(updated_at) over versions, cast('9999-12-31' as timestamp)) as ends_at
    from sensors
    window versions as (partition by sensor_id order by updated_at)
),

-- Where the owner says that a sensor hangs: it holds until the owner's next row for the sensor, whatever the provider says.
assignments as (
    select
        seed.sensor_id,
        seed.store_id,
        {{ assignment_start('seed.valid_from', "coalesce(stores.timezone, 'Etc/UTC')") }} as begins_at
    from {{ ref('sensor_assignments') }} as seed
    left join store_versions as stores on seed.store_id = stores.store_id and stores.is_current
),

assignments_with_end as (
    select
        *,
        coalesce(lead(begins_at) over (partition by sensor_id order by begins_at), cast('9999-12-31' as timestamp)) as ends_at
    from assignments
),

changes as (
    select
        sensor_id,
        begins_at
    from written_versions
    union distinct
    select
        sensor_id,
        begins_at
    from assignments
),

versions as (
    select
        changes.sensor_id,
        changes.begins_at,
        coalesce(assigned.store_id, written.store_id) as store_id,
        written.store_id as written_store_id,
        written.door,
        coalesce(written.interval_minutes, 60) as interval_minutes,
        written.installed_at,
        written.removed_at,
        written.updated_at
    from changes
    inner join written_versions as written
        on
            changes.sensor_id = written.sensor_id
            and written.begins_at <= changes.begins_at
            and changes.begins_at < written.ends_at
    left join assignments_with_end as assigned
        on
            changes.sensor_id = assigned.sensor_id
            and assigned.begins_at <= changes.begins_at
            and changes.begins_at < assigned.ends_at
),

final as (
    select
        *,
        cast(row_number() over in_time as bigint) as version_number,
        lead(begins_at) over in_time is null as is_current,
        case when begins_at > cast('0001-01-01' as timestamp) then begins_at end as valid_from,
        lead(begins_at) over in_time as valid_to
    from versions
    window in_time as (partition by sensor_id order by begins_at)
)

select * from final
