with builds as (
    select
        *,
        row_number() over (order by started_at desc, run_id desc) as age
    from {{ ref('stg_operations__runs') }}
    -- one that is under way says nothing yet
    where what in ('dbt build', 'dbt run') and outcome <> 'running'
),

newest_build as (
    select
        max(case when age = 1 then outcome end) as outcome,
        max(case when age = 1 then message end) as message,
        max(case when outcome = 'ok' then ended_at end) as built_at
    from builds
),

tests as (
    select
        count(case when resource_type <> 'model' then 1 end) as tests,
        count(case when outcome in ('fail', 'error') then 1 end) as tests_failed,
        count(case when outcome = 'warn' then 1 end) as tests_warned,
        max(tested_at) as tested_at
    from {{ ref('fct_test_results') }}
),

sources as (
    select
        count(*) as sources,
        count(case when failures_in_a_row > 0 then 1 end) as sources_failed,
        count(case when age_hours > limit_hours then 1 end) as sources_old,
        max(looked_at) as looked_at
    from {{ ref('agg_source_freshness') }}
),

alerts as (
    select count(*) as alerts_open
    from {{ ref('fct_alerts') }}
    where closed_at is null
),

final as (
    select
        1 as state_id,
        case
            when newest_build.outcome is null or newest_build.outcome <> 'ok' or tests.tests_failed > 0 then 'no'
            when sources.sources_failed > 0 or sources.sources_old > 0 then 'with care'
            else 'yes'
        end as usable,
        case
            when newest_build.outcome is null then 'Nothing has been built yet.'
            when newest_build.outcome <> 'ok' then 'The newest build failed' || coalesce(': ' || newest_build.message, '') || '.'
            when tests.tests_failed > 0
                then cast(tests.tests_failed as {{ dbt.type_string() }}) || ' of ' || cast(tests.tests as {{ dbt.type_string() }}) || ' tests fail.'
            when sources.sources_failed > 0
                then
                    cast(sources.sources_failed as {{ dbt.type_string() }}) || ' of ' || cast(sources.sources as {{ dbt.type_string() }})
                    || ' sources could not be loaded; their figures end earlier.'
            when sources.sources_old > 0
                then
                    cast(sources.sources_old as {{ dbt.type_string() }}) || ' of ' || cast(sources.sources as {{ dbt.type_string() }})
                    || ' sources have brought nothing new for longer than they should.'
            else 'Every source is loaded, every test passes.'
        end as reason,
        newest_build.built_at,
        sources.looked_at,
        tests.tested_at,
        tests.tests,
        tests.tests_failed,
        tests.tests_warned,
        sources.sources,
        sources.sources_failed,
        sources.sources_old,
        alerts.alerts_open
    from newest_build
    cross join tests
    cross join sources
    cross join alerts
)

select * from final
