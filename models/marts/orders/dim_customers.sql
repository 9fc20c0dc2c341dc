with versions as (
    select * from {{ ref('int_orders__customer_versions') }}
),

counts as (
    select
        customer_id,
        count(*) as versions
    from versions
    group by customer_id
),

final as (
    select
        versions.customer_id,
        versions.country,
        counts.versions,
        versions.created_at,
        versions.updated_at
    from versions
    inner join counts on versions.customer_id = counts.customer_id
    where versions.is_current
)

select * from final
