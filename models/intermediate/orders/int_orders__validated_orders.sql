{{ config(materialized='view', pre_hook="drop view if exists intermediate.int_orders__judged_orders") }}

with orders as (
    select * from {{ ref('stg_orders__orders') }}
),

lines as (
    select * from {{ ref('int_orders__order_lines') }}
),

-- of orders of one line, which are most, everything stands in the order
order_sums as (
    select
        order_id,
        count(*) as lines,
        min(product_id) as product_id,
        min(unit_price) as unit_price,
        min(quantity) as least_quantity,
        sum(quantity) as units,
        sum(gross) as gross,
        sum(discount) as discount,
        sum(tax) as tax
    from lines
    where is_listed
    group by order_id
),

money as (
    select
        orders.order_id,
        orders.customer_id,
        case when coalesce(order_sums.lines, 1) = 1 then coalesce(order_sums.product_id, orders.product_id) end as product_id,
        orders.status,
        orders.currency,
        coalesce(order_sums.lines, 1) as lines,
        coalesce(order_sums.least_quantity, orders.quantity) as least_quantity,
        coalesce(order_sums.unit_price, orders.unit_price) as least_price,
        cast(coalesce(order_sums.units, orders.quantity) as bigint) as units,
        coalesce(order_sums.gross, cast(cast(orders.quantity as decimal(19, 0)) * orders.unit_price as decimal(38, 4))) as gross,
        -- what the order says is all of it, what its lines say among it
        cast(coalesce(orders.discount, order_sums.discount, 0) as decimal(38, 4)) as discount,
        cast(coalesce(orders.tax, order_sums.tax) as decimal(38, 4)) as tax,
        orders.shipping,
        orders.bill,
        coalesce(orders.refunded, 0) as refunded,
        orders.feed,
        orders.feed_file,
        orders.feed_sheet,
        orders.feed_line,
        orders.ordered_at,
        orders.updated_at,
        orders.withdrawn_at,
        orders._dlt_load_id as load_id
    from orders
    left join order_sums on orders.order_id = order_sums.order_id
),

final as (
    select
        order_id,
        customer_id,
        product_id,
        status,
        currency,
        lines,
        units,
        case when lines = 1 then least_quantity end as quantity,
        case when lines = 1 then least_price end as unit_price,
        gross,
        discount,
        tax,
        shipping,
        bill,
        refunded,
        cast(bill - gross + discount as decimal(38, 4)) as adjustment,
        cast(bill - refunded as decimal(18, 4)) as revenue,
        case
            when least_quantity < 1 then 'quantity is not positive'
            when least_price < 0 then 'unit_price is negative'
            when refunded < 0 then 'refunded is negative'
        end as reason,
        {{ source_and_place('orders') }},
        ordered_at,
        updated_at,
        withdrawn_at,
        load_id
    from money
)

select * from final
