-- Days of sales in the main currency; a day's basket stands beside that of the same weekday of the four weeks before.
with days as (
    select *
    from agg_sales_daily
    where currency in (select currency from main_currency_sales)
),

usual_baskets as (
    select
        days.sale_date,
        sum(before.revenue) / nullif(sum(before.sales), 0) as basket
    from days
    inner join days as before
        on
            before.is_complete
            and before.sale_date < days.sale_date
            and before.sale_date >= days.sale_date - 28
            and date_diff('day', before.sale_date, days.sale_date) % 7 = 0
    group by days.sale_date
)

select
    days.sale_date as day,
    days.currency,
    days.is_complete,
    days.sales,
    days.units,
    days.revenue,
    days.returned_units,
    days.returns,
    days.revenue / nullif(days.sales, 0) as basket,
    days.revenue_usual as usual,
    days.revenue_vs_usual_pct as vs_usual,
    100 * (days.revenue / nullif(days.sales, 0) - usual_baskets.basket) / nullif(usual_baskets.basket, 0) as basket_vs_usual
from days
left join usual_baskets on days.sale_date = usual_baskets.sale_date
