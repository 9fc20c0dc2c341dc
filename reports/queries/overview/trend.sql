-- All stores together, day by day, for eight weeks. Stores that are closed, or have nothing usual yet, are in no comparison.
select
    day,
    sum(counted) as counted,
    case when count(estimated) = count(*) then sum(estimated) end as estimated,
    case when count(usual) = count(*) filter (where not is_closed) then sum(usual) end as usual,
    case
        when bool_and(is_complete)
            then 100 * (sum(estimated) filter (where usual is not null) - sum(usual)) / nullif(sum(usual), 0)
    end as vs_usual,
    100 * sum(observed_hours) / nullif(sum(open_hours), 0) as coverage,
    bool_and(is_complete) as is_complete,
    bool_and(is_closed) as is_closed,
    max(closed_reason) as closed_reason,
    case
        when bool_or(is_closed) and not bool_and(is_closed)
            then
                'closed in ' || count(*) filter (where is_closed) || ' of ' || count(*) || ' stores'
                || coalesce(': ' || max(closed_reason), '')
    end as note
from store_days
where day > (select max(day) from store_days) - interval 56 day
group by day
order by day
