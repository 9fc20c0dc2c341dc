with sales as (
    select * from {{ ref('fct_sales') }}
),

summed as (
    select
        currency,
        {{ sales_sums() }},
        min(sale_date) as first_sale_date,
        max(sale_date) as newest_sale_date
    from sales
    group by currency
),

final as (
    select
        *,
        currency = first_value(currency) over (order by sales desc, currency asc) as is_main_currency
    from summed
)

select * from final
order by currency
