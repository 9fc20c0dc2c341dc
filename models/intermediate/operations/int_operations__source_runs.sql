-- Ages are taken from the end of the newest ingestion, when any source was last checked; never from the machine's clock.
with runs as (
    select * from {{ ref('stg_operations__runs') }}
    where outcome <> 'running' and ended_at is not null
),

ingestions as (
    select
        *,
        case when outcome = 'ok' then 1 else 0 end as is_ok,
        row_number() over (partition by source order by started_at desc, run_id desc) as age,
        sum(case when outcome = 'ok' then 1 else 0 end) over (
            partition by source order by started_at desc, run_id desc rows between unbounded preceding and current row
        ) as good_ones_since
    from runs
    where what = 'ingestion' and source is not null
),

newest as (
    select max(ended_at) as checked_at
    from ingestions
),

limits as (
    select * from {{ ref('int_operations__source_limits') }}
),

summed as (
    select
        ingestions.source,
        newest.checked_at,
        max(case when ingestions.is_ok = 1 then ingestions.ended_at end) as loaded_at,
        -- what failed after the last one that did not
        count(case when ingestions.good_ones_since = 0 then 1 end) as failures_in_a_row,
        min(case when ingestions.good_ones_since = 0 then ingestions.started_at end) as failing_since,
        max(case when ingestions.age = 1 then ingestions.message end) as newest_message,
        sum(
            case
                when ingestions.ended_at > {{ dbt.dateadd('hour', -24, 'newest.checked_at') }}
                    then coalesce(ingestions.rows_new, 0) + coalesce(ingestions.rows_changed, 0) + coalesce(ingestions.rows_rejected, 0)
                else 0
            end
        ) as rows_in_24_hours
    from ingestions
    cross join newest
    group by ingestions.source, newest.checked_at
),

final as (
    select
        summed.*,
        cast({{ dbt.datediff('summed.loaded_at', 'summed.checked_at', 'minute') }} as double) / 60 as hours_since_load,
        limits.limit_hours
    from summed
    left join limits on summed.source = limits.source
)

select * from final
