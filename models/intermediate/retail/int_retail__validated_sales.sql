{{ config(materialized='view', pre_hook="drop view if exists intermediate.int_retail__judged_sales") }}

with sales as (
    select
        *,
        feed is not null as is_of_feed
    from {{ ref('stg_retail__sales') }}
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
        coalesce(sales.line_currency, settings.currency) as currency,
        settings.timezone,
        coalesce(sales.line_unit_price, prices.price) as unit_price,
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

with_revenue as (
    select
        *,
        cast(coalesce(amount, quantity * unit_price - coalesce(discount, 0)) as decimal(38, 4)) as revenue
    from priced
),

with_faults as (
    select
        *,
        case when is_of_feed then {{ feed_sale_faults() }} else {{ sale_faults() }} end as faults
    from with_revenue
),

final as (
    select
        -- Free text comes last or with its length, so that two sales never make one string.
        md5(concat_ws('|', sale_date, quantity, occurrence, details, length(retail_store_id), retail_store_id, product_id)) as sale_id,
        -- A line of the files that says its offset from UTC is dated as the clock of the place would. A feed has done so with its own zone.
        coalesce(
            case when timezone is not null and not is_of_feed then cast({{ local_timestamp('sold_at', 'timezone') }} as date) end, sale_date
        ) as sale_date,
        case
            when is_of_feed then sold_at
            when timezone is not null then coalesce(sold_at, {{ local_to_utc('sold_at_local', 'timezone') }})
        end as sold_at,
        product_id,
        retail_store_id,
        ticket_id,
        quantity,
        unit_price,
        discount,
        tax,
        revenue,
        currency,
        occurrence,
        coalesce(feed, 'retail') as source,
        case when is_of_feed then {{ feed_place() }} else 'line ' || line_number end as place,
        cells,
        nullif(faults, '') as reason,
        {{ load_started_at('_dlt_load_id') }} as first_seen_at,
        line_number
    from with_faults
)

select * from final
