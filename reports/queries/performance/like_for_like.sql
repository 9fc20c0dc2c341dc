-- What the page shows before anything is chosen: the days of its last four weeks that can be compared.
with ends as (
    select coalesce(
        (select max(sold.day) from performance_days as sold), (select max(compared.day) from like_for_like_days as compared)
    ) as last_day
)

select days.*
from like_for_like_days as days
cross join ends
where days.day > ends.last_day - 28 and days.day <= ends.last_day
order by days.store_id, days.day
