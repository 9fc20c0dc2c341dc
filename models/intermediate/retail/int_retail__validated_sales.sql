{{ config(materialized='view', pre_hook="drop view if exists intermediate.int_retail__judged_sales") }}

with sales as (
    select * from {{ ref('stg_retail__sales') }}
),

prices as (
    select * from {{ ref('int_retail__product_prices') }}
),

stores as (
    select * from {{ ref('stg_retail__stores') }}
),

priced as (
    select
        sales.*,
        prices.price as unit_price,
        stores.retail_store_id is not null as is_known_store
    from sales
    left join prices
        on
            sales.product_id = prices.product_id
            and sales._dlt_load_id >= prices.from_load_id
            and (sales._dlt_load_id < prices.until_load_id or prices.until_load_id is null)
    left join stores on sales.retail_store_id = stores.retail_store_id
),

final as (
    select
        -- The text comes last, so that two sales never make one string.
        md5(concat_ws('|', sale_date, quantity, retail_store_id, occurrence, product_id)) as sale_id,
        sale_date,
        product_id,
        retail_store_id,
        quantity,
        unit_price,
        occurrence,
        line_number,
        cells,
        nullif(
            concat_ws(
                '; ',
                case when unit_price is null then 'ID Référence produit ''' || product_id || ''' is no product whose price is known' end,
                case when quantity <= 0 then 'Quantité ' || quantity || ' is not above 0' end,
                case when not is_known_store then 'ID Magasin ' || retail_store_id || ' is no known store' end
            ),
            ''
        ) as reason,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from priced
)

select * from final
