-- The newest builds, oldest first.
select * from (
    select
        started_at as began,
        duration_seconds as value,
        outcome
    from fct_runs
    where
        what = 'dbt build'
        and duration_seconds is not null
        and started_at > (select max(newest.started_at) from fct_runs as newest) - interval 3 month
    order by started_at desc
    limit 60
) as newest
order by began
