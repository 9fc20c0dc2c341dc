with sales_by_currency as (
    select
        retail_store_id,
        currency,
        sum(sales) as sales
    from {{ ref('agg_sales_daily_by_store') }}
    group by retail_store_id, currency
),

store_currencies as (
    select distinct
        retail_store_id,
        first_value(currency) over (partition by retail_store_id order by sales desc, currency asc) as currency
    from sales_by_currency
),

final as (
    select
        sales.retail_store_id,
        sales.sale_date,
        store_currencies.currency,
        cast(sum(sales.sales) as bigint) as sales,
        cast(sum(case when sales.currency = store_currencies.currency then sales.sales else 0 end) as bigint) as sales_in_currency,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(case when sales.currency = store_currencies.currency then sales.revenue else 0 end) as decimal(38, 4)) as revenue
    from {{ ref('agg_sales_daily_by_store') }} as sales
    inner join store_currencies on sales.retail_store_id = store_currencies.retail_store_id
    group by sales.retail_store_id, sales.sale_date, store_currencies.currency
)

select * from final
