{{ config(materialized='view') }}

with mapping as (
    select * from {{ ref('store_mapping') }}
),

visit_days as (
    select
        *,
        {{ counts_in_usual() }} as counts_in_usual
    from {{ ref('fct_store_visits_daily') }}
),

sales_days as (
    select * from {{ ref('int_retail__store_days') }}
),

complete_days as (
    select max(case when is_complete then sale_date end) as newest_date
    from {{ ref('agg_sales_daily') }}
),

-- From a store's first sale on, to the last day that is over: a day in between without a line sold nothing.
sales_bounds as (
    select
        sales_days.retail_store_id,
        sales_days.currency,
        min(sales_days.sale_date) as first_sale_date,
        max(complete_days.newest_date) as newest_complete_date
    from sales_days
    cross join complete_days
    group by sales_days.retail_store_id, sales_days.currency
),

final as (
    select
        mapping.store_id,
        mapping.retail_store_id,
        sales_bounds.currency,
        visit_days.visit_date,
        visit_days.is_closed_day,
        visit_days.visits,
        visit_days.visits_estimated,
        visit_days.visits_usual,
        visit_days.weeks_in_usual,
        visit_days.counts_in_usual,
        visit_days.coverage_pct,
        visit_days.is_complete and coalesce(visit_days.visit_date <= sales_bounds.newest_complete_date, false) as is_complete,
        coalesce(sales_days.sales, case when visit_days.visit_date <= sales_bounds.newest_complete_date then 0 end) as sales,
        coalesce(sales_days.units, case when visit_days.visit_date <= sales_bounds.newest_complete_date then 0 end) as units,
        coalesce(sales_days.revenue, case when visit_days.visit_date <= sales_bounds.newest_complete_date then 0 end) as revenue,
        coalesce(
            sales_days.sales_in_currency, case when visit_days.visit_date <= sales_bounds.newest_complete_date then 0 end
        ) as sales_in_currency
    from mapping
    inner join visit_days on mapping.store_id = visit_days.store_id
    inner join sales_bounds
        on
            mapping.retail_store_id = sales_bounds.retail_store_id
            and visit_days.visit_date >= sales_bounds.first_sale_date
    left join sales_days
        on
            mapping.retail_store_id = sales_days.retail_store_id
            and visit_days.visit_date = sales_days.sale_date
)

select * from final
