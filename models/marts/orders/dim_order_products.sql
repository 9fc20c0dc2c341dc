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

described as (
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
),

-- A shop's record of its product is still to come; of a feed's nobody may ever bring one.
of_feeds as (
    select distinct lines.product_id
    from {{ ref('fct_order_lines') }} as lines
    inner join {{ ref('stg_orders__orders') }} as origins on lines.order_id = origins.order_id
    where origins.feed is not null
),

final as (
    select
        coalesce(described.product_id, of_feeds.product_id) as product_id,
        described.product_name,
        described.product_description,
        described.price,
        coalesce(described.versions, 0) as versions,
        described.updated_at
    from described
    full outer join of_feeds on described.product_id = of_feeds.product_id
)

select * from final
