-- What the sales page shows before anything is chosen: the shares of the last four weeks, each beside its usual. The page asks the
-- browser's database the same of other days (`sharesOf` in shares.js).
select
    sold.what,
    sold.name,
    sold.note,
    sum_of_days(sold.units, days.is_wanted) as units,
    sum_of_days(sold.revenue, days.is_wanted) as revenue,
    sum_of_days(sold.returns, days.is_wanted) as returns,
    share_of_days(sold.revenue, days.is_wanted, sold.what) as share,
    change_of_days(sold.revenue, days.is_compared, days.weight) as vs_before
from sales_breakdown as sold
inner join
    compared_days(
        (
            select list(day) from sales_days
            where is_complete
        ),
        (select max(day) - 27 from sales_days),
        (select max(day) from sales_days),
        [7, 14, 21, 28]
    ) as days
    on sold.day = days.day
group by sold.what, sold.name, sold.note
order by sold.what asc, revenue desc, sold.name asc
