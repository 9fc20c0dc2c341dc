with versions as (
    select * from {{ ref('int_footfall__sensor_versions') }}
),

final as (
    select
        sensor_id,
        store_id,
        version_number,
        door,
        interval_minutes,
        is_current,
        installed_at,
        removed_at,
        valid_from,
        valid_to,
        updated_at
    from versions
)

select * from final
