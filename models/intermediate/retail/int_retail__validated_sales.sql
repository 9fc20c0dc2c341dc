{{ config(materialized='view', pre_hook="drop view if exists intermediate.int_retail__judged_sales") }}

with sales as (
    select * from {{ ref('stg_retail__sales') }}
    where withdrawn_at is null
),

settings as (
    select * from {{ ref('int_retail__settings') }}
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
        settings.currency,
        settings.timezone,
        prices.price as unit_price,
        stores.retail_store_id is not null as is_known_store
    from sales
    cross join settings
    left join prices
        on
            sales.product_id = prices.product_id
            and sales._dlt_load_id >= prices.from_load_id
            and (sales._dlt_load_id < prices.until_load_id or prices.until_load_id is null)
    left join stores on sales.retail_store_id = stores.retail_store_id
),

final as (
    select
        -- Free text comes last or with its length, so that two sales never make one string.
        md5(concat_ws('|', sale_date, quantity, occurrence, details, length(retail_store_id), retail_store_id, product_id)) as sale_id,
        -- A line that says its offset from UTC is dated as the clock of the place would.
        coalesce(
            case when timezone is not null then cast({{ local_timestamp('sold_at', 'timezone') }} as date) end, sale_date
        ) as sale_date,
        case
            when timezone is not null then coalesce(sold_at, {{ local_to_utc('sold_at_local', 'timezone') }})
        end as sold_at,
        product_id,
        retail_store_id,
        quantity,
        unit_price,
        cast(coalesce(amount, quantity * unit_price) as decimal(38, 4)) as revenue,
        currency,
        occurrence,
        line_number,
        cells,
        nullif(
            concat_ws(
                '; ',
                case when unit_price is null then 'ID Référence produit ''' || product_id || ''' is no product whose price is known' end,
                case when quantity = 0 then 'Quantité 0 is neither a sale nor a return' end,
                case when not is_known_store then 'ID Magasin ''' || retail_store_id || ''' is no known store' end,
                case
                    when (amount > 0 and quantity < 0) or (amount < 0 and quantity > 0)
                        then 'Montant ' || amount || ' has another sign than Quantité ' || quantity
                end
            ),
            ''
        ) as reason,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at
    from priced
)

select * from final
