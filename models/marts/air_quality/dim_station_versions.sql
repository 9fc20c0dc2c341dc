with versions as (
    select * from {{ ref('int_air_quality__station_versions') }}
),

final as (
    select
        station_id,
        version_number,
        station_name,
        latitude,
        longitude,
        is_current,
        nullif(holds_from, cast('0001-01-01' as timestamp)) as valid_from,
        nullif(holds_until, cast('9999-12-31' as timestamp)) as valid_to,
        received_at
    from versions
)

select * from final
