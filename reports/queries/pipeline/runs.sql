select
    utc(started_at) as started,
    what || coalesce(' of ' || source, '') as what,
    outcome,
    duration_seconds as seconds,
    rows_new,
    rows_changed,
    rows_rejected,
    without_paths(message) as message
from fct_runs
-- the alerts' own run is under way while this is written
where outcome <> 'running' and started_at > (select max(started_at) from fct_runs) - interval 3 month
order by started_at desc
limit 200
