with versions as (
    select * from {{ ref('int_orders__product_versions') }}
),

counts as (
    select
        product_id,
        count(*) as versions
    from versions
    group by product_id
),

final as (
    select
        versions.product_id,
        versions.product_name,
        versions.product_description,
        versions.price,
        counts.versions,
        versions.updated_at
    from versions
    inner join counts on versions.product_id = counts.product_id
    where versions.is_current
)

select * from final
