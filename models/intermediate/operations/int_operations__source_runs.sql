-- Ages are taken from the end of the newest ingestion, when any source was last checked; never from the machine's clock.
with runs as (
    select * from {{ ref('stg_operations__runs') }}
    where outcome <> 'running' and ended_at is not null
),

feeds as (
    select distinct
        feed,
        domain
    from {{ ref('stg_operations__feeds') }}
),

first_feed as (
    select min(noted_at) as noted_at from {{ ref('stg_operations__feeds') }}
),

ingestions as (
    select
        *,
        case when outcome = 'ok' then 1 else 0 end as is_ok,
        row_number() over (partition by source order by started_at desc, run_id desc) as age,
        sum(case when outcome = 'ok' then 1 else 0 end) over (
            partition by source order by started_at desc, run_id desc rows between unbounded preceding and current row
        ) as good_ones_since,
        max(started_at) over (partition by source) as newest_started_at
    from runs
    where what = 'ingestion' and source is not null
),

newest as (
    select max(ended_at) as checked_at
    from ingestions
),

-- Where there are feeds, a built-in source is asked only if its owner has given its address: one that was last asked before there were feeds is
-- not in use. A feed that is no longer there is not either.
in_use as (
    select
        ingestions.*,
        coalesce(feeds.domain, ingestions.source) as domain
    from ingestions
    cross join first_feed
    left join feeds on ingestions.source = feeds.feed
    where
        feeds.feed is not null
        or (
            ingestions.source in {{ literals(source_names()) }}
            and coalesce(ingestions.newest_started_at >= first_feed.noted_at, true)
        )
),

limits as (
    select * from {{ ref('int_operations__source_limits') }}
),

summed as (
    select
        in_use.source,
        in_use.domain,
        newest.checked_at,
        max(case when in_use.is_ok = 1 then in_use.ended_at end) as loaded_at,
        -- what failed after the last one that did not
        count(case when in_use.good_ones_since = 0 then 1 end) as failures_in_a_row,
        min(case when in_use.good_ones_since = 0 then in_use.started_at end) as failing_since,
        max(case when in_use.age = 1 then in_use.message end) as newest_message,
        sum(
            case
                when in_use.ended_at > {{ dbt.dateadd('hour', -24, 'newest.checked_at') }}
                    then coalesce(in_use.rows_new, 0) + coalesce(in_use.rows_changed, 0) + coalesce(in_use.rows_rejected, 0)
                else 0
            end
        ) as rows_in_24_hours
    from in_use
    cross join newest
    group by in_use.source, in_use.domain, newest.checked_at
),

final as (
    select
        summed.*,
        cast({{ dbt.datediff('summed.loaded_at', 'summed.checked_at', 'minute') }} as double) / 60 as hours_since_load,
        limits.limit_hours
    from summed
    left join limits on summed.domain = limits.source
)

select * from final
