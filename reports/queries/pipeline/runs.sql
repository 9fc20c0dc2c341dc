select
    utc(started_at) as started,
    what,
    source,
    outcome,
    duration_seconds as seconds,
    rows_new,
    rows_changed,
    rows_rejected,
    without_paths(message) as message
from fct_runs
-- the alerts' own run is under way while this is written
where outcome <> 'running' and started_at > (select max(newest.started_at) from fct_runs as newest) - interval 3 month
order by started_at desc
limit 200
