-- By product, by store, by region and by day the sales add up to the one total, to the last decimal.
with totals as (
    select
        'fct_sales' as mart,
        count(*) as sales,
        coalesce(sum(quantity), 0) as units,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('fct_sales') }}
    {% for mart in [
        'agg_sales_total', 'agg_sales_by_product', 'agg_sales_by_store', 'agg_sales_by_region', 'agg_sales_daily',
        'agg_sales_daily_by_store_and_product',
    ] %}
        union all
        select
            '{{ mart }}' as mart,
            coalesce(sum(sales), 0) as sales,
            coalesce(sum(units), 0) as units,
            coalesce(sum(revenue), 0) as revenue
        from {{ ref(mart) }}
    {% endfor %}
),

compared as (
    select
        *,
        min(sales) over () = max(sales) over ()
        and min(units) over () = max(units) over ()
        and min(revenue) over () = max(revenue) over () as is_agreed
    from totals
)

select * from compared
where not is_agreed
