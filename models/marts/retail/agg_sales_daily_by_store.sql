with sales as (
    select * from {{ ref('fct_sales') }}
),

days as (
    select * from {{ ref('agg_sales_daily') }}
),

store_days as (
    select
        sale_date,
        retail_store_id,
        currency,
        {{ sales_sums() }}
    from sales
    group by sale_date, retail_store_id, currency
),

final as (
    select
        store_days.sale_date,
        store_days.retail_store_id,
        store_days.currency,
        store_days.sales,
        store_days.units,
        store_days.revenue,
        store_days.returned_units,
        store_days.returns,
        days.is_complete
    from store_days
    inner join days on store_days.sale_date = days.sale_date and store_days.currency = days.currency
)

select * from final
order by sale_date, retail_store_id, currency
