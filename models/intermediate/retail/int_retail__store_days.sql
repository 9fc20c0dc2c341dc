-- From the lines: a ticket with two products is one sale of its store, and one of each product.
with days as (
    select
        retail_store_id,
        sale_date,
        currency,
        {{ sales_sums() }}
    from {{ ref('fct_sales') }}
    group by retail_store_id, sale_date, currency
),

sales_by_currency as (
    select
        retail_store_id,
        currency,
        sum(sales) as sales
    from days
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
        days.retail_store_id,
        days.sale_date,
        store_currencies.currency,
        cast(sum(days.sales) as bigint) as sales,
        cast(sum(days.units) as bigint) as units,
        cast(sum(case when days.currency = store_currencies.currency then days.revenue else 0 end) as decimal(38, 4)) as revenue
    from days
    inner join store_currencies on days.retail_store_id = store_currencies.retail_store_id
    group by days.retail_store_id, days.sale_date, store_currencies.currency
)

select * from final
