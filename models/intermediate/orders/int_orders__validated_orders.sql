{{ config(materialized='view', pre_hook="drop view if exists intermediate.int_orders__judged_orders") }}

with orders as (
    select * from {{ ref('stg_orders__orders') }}
),

final as (
    select
        order_id,
        customer_id,
        product_id,
        status,
        quantity,
        unit_price,
        bill,
        case
            when quantity < 1 then 'quantity is not positive'
            when unit_price < 0 then 'unit_price is negative'
            when bill <> cast(quantity as decimal(19, 0)) * unit_price then 'bill is not quantity times unit_price'
        end as reason,
        ordered_at,
        updated_at,
        _dlt_load_id as load_id
    from orders
)

select * from final
