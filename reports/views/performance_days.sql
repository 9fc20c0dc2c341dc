-- A store's days of sales beside visits, with what they are compared with: the mart's usual, and the days whole weeks before.
with days as (
    select
        *,
        is_complete and not is_closed_day as is_comparable
    from fct_store_performance_daily
),

comparable_days as (
    select
        *,
        case when is_comparable then visits_estimated end as comparable_visits,
        case when is_comparable then sales end as comparable_sales,
        case when is_comparable then sales_in_currency end as comparable_sales_in_currency,
        case when is_comparable then revenue end as comparable_revenue
    from days
)

select
    store_id,
    visit_date as day,
    is_complete,
    is_closed_day as is_closed,
    is_low_coverage,
    coverage_pct as coverage,
    currency,
    visits as counted,
    visits_estimated as visits,
    sales,
    sales_in_currency,
    revenue,
    visits_usual,
    sales_usual,
    sales_in_currency_usual,
    revenue_usual,
    days_before(comparable_visits, store_id, visit_date, 7) as visits_before_7,
    days_before(comparable_sales, store_id, visit_date, 7) as sales_before_7,
    days_before(comparable_sales_in_currency, store_id, visit_date, 7) as sales_in_currency_before_7,
    days_before(comparable_revenue, store_id, visit_date, 7) as revenue_before_7,
    days_before(comparable_visits, store_id, visit_date, 28) as visits_before_28,
    days_before(comparable_sales, store_id, visit_date, 28) as sales_before_28,
    days_before(comparable_sales_in_currency, store_id, visit_date, 28) as sales_in_currency_before_28,
    days_before(comparable_revenue, store_id, visit_date, 28) as revenue_before_28,
    days_before(comparable_visits, store_id, visit_date, 364) as visits_before_364,
    days_before(comparable_sales, store_id, visit_date, 364) as sales_before_364,
    days_before(comparable_sales_in_currency, store_id, visit_date, 364) as sales_in_currency_before_364,
    days_before(comparable_revenue, store_id, visit_date, 364) as revenue_before_364
from comparable_days
