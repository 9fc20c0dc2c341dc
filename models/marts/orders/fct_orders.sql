{{ config(
    materialized='incremental',
    incremental_strategy='replace_orders',
    unique_key='order_id',
    on_schema_change='append_new_columns',
    pre_hook="{{ purge_before('ordered_at', 'orders', 'orders') }}",
) }}
{% set newest_load = newest_order_load(this) if is_incremental() else '' %}

with orders as (
    select * from {{ ref('int_orders__validated_orders') }}
    where reason is null
),

customer_versions as (
    select * from {{ ref('int_orders__customer_versions') }}
),

product_versions as (
    select * from {{ ref('int_orders__product_versions') }}
),

changed_orders as (
    {% if is_incremental() %}
        select order_id from orders
        where load_id > '{{ newest_load }}'

        union distinct

        -- a version that came after its orders: the customer at last, or a move that was delivered late
        select orders.order_id
        from orders
        inner join customer_versions as versions
            on
                orders.customer_id = versions.customer_id
                and versions.load_id > '{{ newest_load }}'
                and orders.ordered_at >= versions.holds_from
                and orders.ordered_at < versions.holds_until

        union distinct

        select orders.order_id
        from orders
        inner join product_versions as versions
            on
                orders.product_id = versions.product_id
                and versions.load_id > '{{ newest_load }}'
                and orders.ordered_at >= versions.holds_from
                and orders.ordered_at < versions.holds_until
    {% else %}
        select order_id from orders
    {% endif %}
),

final as (
    select
        orders.order_id,
        orders.customer_id,
        orders.product_id,
        orders.status,
        customers.country as customer_country,
        products.product_name,
        orders.load_id,
        orders.quantity,
        orders.unit_price,
        orders.bill,
        products.price as product_price,
        orders.status not in ('cancelled', 'returned') as is_counted,
        customers.customer_id is not null as is_customer_known,
        products.product_id is not null as is_product_known,
        cast(orders.ordered_at as date) as order_date,
        orders.ordered_at,
        orders.updated_at
    from orders
    inner join changed_orders on orders.order_id = changed_orders.order_id
    left join customer_versions as customers
        on
            orders.customer_id = customers.customer_id
            and orders.ordered_at >= customers.holds_from
            and orders.ordered_at < customers.holds_until
    left join product_versions as products
        on
            orders.product_id = products.product_id
            and orders.ordered_at >= products.holds_from
            and orders.ordered_at < products.holds_until
)

select * from final
