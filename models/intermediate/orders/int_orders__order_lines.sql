{{ config(materialized='view') }}

with orders as (
    select * from {{ ref('stg_orders__orders') }}
),

-- an order of one line says it in its own columns
single as (
    select
        order_id,
        1 as line_number,
        product_id,
        quantity,
        unit_price,
        cast(null as decimal(18, 4)) as discount,
        cast(null as decimal(18, 4)) as tax,
        false as is_listed
    from orders
    where order_lines is null
),

unnested as (
    select
        order_id,
        {{ unnest_order_lines('order_lines') }} as line
    from orders
    where order_lines is not null
),

together as (
    select * from single

    union all

    select
        order_id,
        line.line_number,
        line.product_id,
        line.quantity,
        line.unit_price,
        line.discount,
        line.tax,
        true as is_listed
    from unnested
),

final as (
    select
        order_id,
        cast(line_number as bigint) as line_number,
        product_id,
        quantity,
        unit_price,
        coalesce(discount, 0) as discount,
        tax,
        is_listed,
        cast(cast(quantity as decimal(19, 0)) * unit_price as decimal(38, 4)) as gross
    from together
)

select * from final
