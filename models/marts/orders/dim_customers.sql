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

described as (
    select
        versions.customer_id,
        versions.country,
        counts.versions,
        versions.created_at,
        versions.updated_at
    from versions
    inner join counts on versions.customer_id = counts.customer_id
    where versions.is_current
),

-- A shop's record of its customer is still to come; of a feed's nobody may ever bring one.
of_feeds as (
    select distinct orders.customer_id
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('stg_orders__orders') }} as origins on orders.order_id = origins.order_id
    where origins.feed is not null and orders.customer_id is not null
),

final as (
    select
        coalesce(described.customer_id, of_feeds.customer_id) as customer_id,
        described.country,
        coalesce(described.versions, 0) as versions,
        described.created_at,
        described.updated_at
    from described
    full outer join of_feeds on described.customer_id = of_feeds.customer_id
)

select * from final
