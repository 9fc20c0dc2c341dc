-- The days that the page has: those of sales beside visits, else those that can be compared like for like.
select
    coalesce(min(day), (select min(days.day) from like_for_like_days as days)) as first_day,
    coalesce(max(day), (select max(days.day) from like_for_like_days as days)) as last_day
from performance_days
