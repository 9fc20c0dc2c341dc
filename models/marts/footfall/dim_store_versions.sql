with versions as (
    select * from {{ ref('int_footfall__store_versions') }}
),

final as (
    select
        store_id,
        store_name,
        city,
        country_code,
        timezone,
        opens_at,
        closes_at,
        is_current,
        opened_on,
        valid_from,
        valid_to,
        updated_at
    from versions
)

select * from final
