-- By product, by store, by region and by day the sales of each currency add up to its one total, to the last decimal.
with totals as (
    select
        'fct_sales' as mart,
        currency,
        sum(case when quantity > 0 then quantity else 0 end) as sold_units,
        -sum(case when quantity < 0 then quantity else 0 end) as returned_units,
        sum(case when quantity > 0 then revenue else 0 end) as sold,
        -sum(case when quantity < 0 then revenue else 0 end) as returns
    from {{ ref('fct_sales') }}
    group by currency
    {% for mart in [
        'agg_sales_total', 'agg_sales_by_product', 'agg_sales_by_store', 'agg_sales_by_region', 'agg_sales_daily',
        'agg_sales_daily_by_store', 'agg_sales_daily_by_store_and_product',
    ] %}
        union all
        select
            '{{ mart }}' as mart,
            currency,
            sum(units + returned_units) as sold_units,
            sum(returned_units) as returned_units,
            sum(revenue + returns) as sold,
            sum(returns) as returns
        from {{ ref(mart) }}
        group by currency
    {% endfor %}
),

compared as (
    select
        *,
        count(*) over (partition by currency) = 8
        and min(sold_units) over (partition by currency) = max(sold_units) over (partition by currency)
        and min(returned_units) over (partition by currency) = max(returned_units) over (partition by currency)
        and min(sold) over (partition by currency) = max(sold) over (partition by currency)
        and min(returns) over (partition by currency) = max(returns) over (partition by currency) as is_agreed
    from totals
)

select * from compared
where not is_agreed
