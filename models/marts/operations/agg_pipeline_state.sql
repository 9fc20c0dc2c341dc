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
        count(case when greatest(age_hours, hours_since_load) > limit_hours then 1 end) as sources_old,
        max(checked_at) as checked_at
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
        {{ sentence_of('pipeline_state', [
            ('newest_build.outcome is null', 'never_built'),
            ("newest_build.outcome <> 'ok' and newest_build.message is null", 'build_failed'),
            ("newest_build.outcome <> 'ok'", 'build_failed_with'),
            ('tests.tests_failed > 0', 'tests_fail'),
            ('sources.sources_failed > 0', 'sources_failed'),
            ('sources.sources_old > 0', 'sources_old'),
            (none, 'all_well'),
        ], {
            'error': 'newest_build.message',
            'failed': 'case when tests.tests_failed > 0 then ' ~ whole_number_text('tests.tests_failed') ~ ' else ' ~ whole_number_text('sources.sources_failed') ~ ' end',
            'old': whole_number_text('sources.sources_old'),
            'all': 'case when tests.tests_failed > 0 then ' ~ whole_number_text('tests.tests') ~ ' else ' ~ whole_number_text('sources.sources') ~ ' end',
        }, 'reason') }},
        newest_build.built_at,
        sources.checked_at,
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
