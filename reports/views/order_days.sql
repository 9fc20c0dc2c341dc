-- The days of the orders that count, in the main currency, with what they are compared with. The day of the newest order is not over.
with ends as (
    select cast(max(ordered_at) as date) as newest_day from fct_orders
),

sums as (
    select
        day,
        count(*) as orders,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(refunded) as refunded
    from counted_orders
    group by day
),

-- From the first order on, a day without one sold nothing.
days as (
    select
        cast(unnest(generate_series(cast(firsts.day as timestamp), cast(ends.newest_day as timestamp), interval 1 day)) as date) as day,
        ends.newest_day,
        firsts.day as first_day
    from (select min(day) as day from sums) as firsts
    cross join ends
),

complete_days as (
    select
        days.day,
        -- The first day may begin anywhere, as its history does.
        days.day < days.newest_day and days.day > days.first_day as is_complete,
        coalesce(sums.orders, 0) as sales,
        coalesce(sums.units, 0) as units,
        coalesce(sums.revenue, 0) as revenue,
        coalesce(sums.refunded, 0) as returns
    from days
    left join sums on days.day = sums.day
),

comparable_days as (
    select
        *,
        case when is_complete then revenue end as comparable_revenue,
        case when is_complete then sales end as comparable_sales
    from complete_days
)

select
    * exclude (comparable_revenue, comparable_sales),
    (select currency from main_order_currency) as currency,
    usual_of(comparable_revenue, 1, day) as revenue_usual,
    days_before(comparable_revenue, 1, day, 7) as revenue_before_7,
    days_before(comparable_revenue, 1, day, 28) as revenue_before_28,
    days_before(comparable_revenue, 1, day, 364) as revenue_before_364,
    usual_of(comparable_sales, 1, day) as sales_usual,
    days_before(comparable_sales, 1, day, 7) as sales_before_7,
    days_before(comparable_sales, 1, day, 28) as sales_before_28,
    days_before(comparable_sales, 1, day, 364) as sales_before_364
from comparable_days
