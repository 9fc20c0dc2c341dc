-- The newest ingestions, oldest first. The runs of one go began within ten minutes of each other.
with runs as (
    select
        *,
        case
            when date_diff('minute', lag(started_at) over (order by started_at), started_at) <= 10 then 0
            else 1
        end as is_first
    from fct_runs
    where
        what = 'ingestion'
        and outcome <> 'running'
        and started_at > (select max(newest.started_at) from fct_runs as newest) - interval 3 month
),

numbered as (
    select
        *,
        sum(is_first) over (order by started_at rows between unbounded preceding and current row) as go
    from runs
)

select * from (
    select
        min(started_at) as began,
        sum(duration_seconds) as value,
        case when bool_or(outcome = 'failed') then 'failed' else 'ok' end as outcome,
        coalesce(sum(rows_new), 0)::bigint as rows_new
    from numbered
    group by go
    order by began desc
    limit 60
) as newest
order by began
