{{ config(
    materialized='incremental',
    incremental_strategy='replace_orders',
    unique_key=['order_id', 'line_number'],
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

product_versions as (
    select * from {{ ref('int_orders__product_versions') }}
),

changed_orders as (
    {% if is_incremental() %}
        {{ changed_orders(newest_order_load(this)) }}
    {% else %}
        select order_id from orders
    {% endif %}
),

weighed as (
    select
        orders.order_id,
        lines.line_number,
        lines.product_id,
        orders.currency,
        orders.load_id,
        orders.ordered_at,
        lines.quantity,
        lines.unit_price,
        lines.discount,
        lines.tax,
        orders.revenue as order_revenue,
        lines.gross - lines.discount as amount,
        sum(lines.gross - lines.discount) over (partition by orders.order_id) as amounts,
        sum(abs(lines.gross - lines.discount)) over (partition by orders.order_id) as sizes,
        lines.line_number = max(lines.line_number) over (partition by orders.order_id) as is_last
    from changed_orders
    inner join orders on changed_orders.order_id = orders.order_id
    inner join lines on orders.order_id = lines.order_id
),

spread as (
    select
        *,
        case when is_last then 0 else {{ share_of_amount('order_revenue', 'amount', 'amounts', 'sizes') }} end as share
    from weighed
),

final as (
    select
        spread.order_id,
        spread.line_number,
        spread.product_id,
        spread.currency,
        products.product_name,
        spread.load_id,
        spread.quantity,
        spread.unit_price,
        spread.discount,
        spread.tax,
        -- the last line takes what the others leave, so that the lines add up to the order
        cast(
            case when spread.is_last then spread.order_revenue - sum(spread.share) over (partition by spread.order_id) else spread.share end
            as decimal(38, 4)
        ) as revenue,
        products.price as product_price,
        products.product_id is not null as is_product_known,
        spread.ordered_at
    from spread
    left join product_versions as products
        on
            spread.product_id = products.product_id
            and spread.ordered_at >= products.holds_from
            and spread.ordered_at < products.holds_until
)

select * from final
