-- All stores together, day by day, for thirteen months. A day is compared where every store that was open on it can be, and its change
-- is that of the stores that can: those that are closed, or have nothing to be compared with, are in no comparison.
select
    day,
    sum(counted) as counted,
    case when count(estimated) = count(*) then sum(estimated) end as estimated,
    case when count(usual) = count(*) filter (where not is_closed) then sum(usual) end as usual,
    case when count(before_7) = count(*) filter (where not is_closed) then sum(before_7) end as before_7,
    case when count(before_28) = count(*) filter (where not is_closed) then sum(before_28) end as before_28,
    case when count(before_364) = count(*) filter (where not is_closed) then sum(before_364) end as before_364,
    case
        when bool_and(is_complete)
            then 100 * (sum(estimated) filter (where usual is not null) - sum(usual)) / nullif(sum(usual), 0)
    end as vs_usual,
    100 * sum(observed_hours) / nullif(sum(open_hours), 0) as coverage,
    bool_and(is_complete) as is_complete,
    bool_and(is_closed) as is_closed,
    max(closed_reason) as closed_reason,
    count(*) as stores,
    count(*) filter (where is_closed) as closed_stores
from store_days
where day > (select max(newest.day) from store_days as newest) - interval 13 month
group by day
order by day
