{{ config(
    materialized='incremental',
    incremental_strategy='replace_orders',
    unique_key='order_id',
    on_schema_change='append_new_columns',
    pre_hook="{{ purge_before('ordered_at', 'orders', 'orders') }}",
) }}

with orders as (
    select * from {{ ref('int_orders__validated_orders') }}
    where reason is null
),

lines as (
    select * from {{ ref('int_orders__order_lines') }}
),

customer_versions as (
    select * from {{ ref('int_orders__customer_versions') }}
),

product_versions as (
    select * from {{ ref('int_orders__product_versions') }}
),

statuses as (
    select * from {{ ref('order_statuses') }}
),

changed_orders as (
    {% if is_incremental() %}
        {{ changed_orders(newest_order_load(this), has_customers=true) }}

        union distinct

        {{ orders_of_changed_statuses(this) }}
    {% else %}
        select order_id from orders
    {% endif %}
),

unknown_products as (
    select distinct orders.order_id
    from changed_orders
    inner join orders on changed_orders.order_id = orders.order_id
    inner join lines on orders.order_id = lines.order_id
    left join product_versions as products on lines.product_id = products.product_id
    where products.product_id is null
),

final as (
    select
        orders.order_id,
        orders.customer_id,
        orders.product_id,
        orders.status,
        orders.currency,
        customers.country as customer_country,
        products.product_name,
        orders.load_id,
        orders.lines,
        orders.units,
        orders.quantity,
        orders.unit_price,
        orders.gross,
        orders.discount,
        orders.tax,
        orders.shipping,
        orders.bill,
        orders.refunded,
        orders.adjustment,
        orders.revenue,
        products.price as product_price,
        coalesce(statuses.is_counted, false) and orders.withdrawn_at is null as is_counted,
        coalesce(statuses.is_returned, false) as is_returned,
        customers.customer_id is not null as is_customer_known,
        unknown_products.order_id is null as is_product_known,
        cast(orders.ordered_at as date) as order_date,
        orders.ordered_at,
        orders.updated_at,
        orders.withdrawn_at
    from orders
    inner join changed_orders on orders.order_id = changed_orders.order_id
    left join statuses on lower(orders.status) = lower(statuses.status)
    left join unknown_products on orders.order_id = unknown_products.order_id
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
