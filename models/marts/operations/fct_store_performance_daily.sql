{% set usual = lookback_weeks().usual %}

with days as (
    select * from {{ ref('int_operations__store_visits_and_sales') }}
),

usable_days as (
    select
        *,
        case when counts_in_usual and is_complete then sales end as usable_sales,
        case when counts_in_usual and is_complete then sales_in_currency end as usable_sales_in_currency,
        case when counts_in_usual and is_complete then revenue end as usable_revenue
    from days
),

days_with_means as (
    select
        *,
        -- over the very dates of the usual visits, so that one can be divided by the other
        visits_usual is not null and {{ count_of_weeks('usable_sales', usual, 'store_id', 'visit_date') }} = weeks_in_usual as is_usual_known,
        {{ mean_of_weeks('usable_sales', usual, 'store_id', 'visit_date') }} as sales_mean,
        {{ mean_of_weeks('usable_sales_in_currency', usual, 'store_id', 'visit_date') }} as sales_in_currency_mean,
        {{ mean_of_weeks('usable_revenue', usual, 'store_id', 'visit_date') }} as revenue_mean
    from usable_days
),

days_with_usual as (
    select
        *,
        case when is_usual_known then sales_mean end as sales_usual,
        case when is_usual_known then sales_in_currency_mean end as sales_in_currency_usual,
        case when is_usual_known then revenue_mean end as revenue_usual
    from days_with_means
),

days_with_ratios as (
    select
        *,
        case when is_complete then 100 * cast(sales as double) / nullif(cast(visits_estimated as double), 0) end as conversion_pct,
        case when is_complete then cast(revenue as double) / nullif(cast(visits_estimated as double), 0) end as sales_per_visitor,
        case when is_complete then cast(revenue as double) / nullif(sales_in_currency, 0) end as basket,
        100 * sales_usual / nullif(visits_usual, 0) as conversion_usual_pct,
        revenue_usual / nullif(sales_in_currency_usual, 0) as basket_usual
    from days_with_usual
),

final as (
    select
        store_id,
        retail_store_id,
        visit_date,
        is_complete,
        is_closed_day,
        coalesce(coverage_pct < {{ threshold('low_coverage_pct') }}, false) as is_low_coverage,
        coverage_pct,
        visits,
        visits_estimated,
        sales,
        sales_in_currency,
        units,
        cast(revenue as decimal(38, 4)) as revenue,
        currency,
        conversion_pct,
        sales_per_visitor,
        basket,
        visits_usual,
        weeks_in_usual,
        sales_usual,
        sales_in_currency_usual,
        revenue_usual,
        conversion_usual_pct,
        basket_usual,
        case when is_complete then {{ difference_pct('visits_estimated', 'visits_usual') }} end as visits_vs_usual_pct,
        case when is_complete and revenue_usual > 0 then {{ difference_pct('revenue', 'revenue_usual') }} end as revenue_vs_usual_pct,
        {{ difference_pct('conversion_pct', 'conversion_usual_pct') }} as conversion_vs_usual_pct,
        case when basket_usual > 0 then {{ difference_pct('basket', 'basket_usual') }} end as basket_vs_usual_pct
    from days_with_ratios
)

select * from final
order by visit_date, store_id
