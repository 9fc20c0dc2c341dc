-- What the rules find at fault now (fct_alerts), in a store owner's words: several doors of a store are one thing to look at.
{% set most_named = 5 %}

-- one alert, several of them
{% set words = {
    'sensor_silent': ('a door is silent', 'doors are silent'),
    'sensor_below': ('a door counts few', 'doors count few'),
    'feed_old': ('no new data', 'feeds have no new data'),
    'air_limit_passed': ('a limit is passed', 'limits are passed'),
    'test_failed': ('a test failed', 'tests failed'),
    'store_day_off_average': ('far from its average', 'days are far from its average'),
    'coverage_below': ('low coverage', 'days of low coverage'),
    'ingestion_failed': ('the last ingestion failed', 'ingestions failed'),
    'rejected_above': ('records set aside', 'records set aside'),
} %}

with alerts as (
    select * from {{ ref('fct_alerts') }}
    where closed_at is null
),

stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

worded as (
    select
        alerts.*,
        stores.store_name,
        coalesce(
            stores.store_id, case when alerts.kind in ('ingestion_failed', 'rejected_above') then alerts.entity else alerts.rule_id end
        ) as subject,
        case alerts.kind
            when 'sensor_silent'
                then alerts.entity || ' for ' || cast(cast(alerts.value as integer) as {{ dbt.type_string() }}) || ' open hours'
            when 'sensor_below' then alerts.entity || ' counted ' || cast(cast(alerts.value as integer) as {{ dbt.type_string() }})
            when 'test_failed' then alerts.entity
            else alerts.message
        end as short_message
    from alerts
    left join stores on alerts.store_id = stores.store_id
),

ranked as (
    -- two rules may find the same at fault
    select
        *,
        row_number() over (partition by kind, subject, entity order by severity asc, rule_id asc) as nth_rule
    from worded
),

numbered as (
    select
        *,
        row_number() over (partition by kind, subject order by value desc, entity asc) as place
    from ranked
    where nth_rule = 1
),

grouped as (
    select
        kind,
        subject,
        count(*) as alerts,
        max(store_id) as store_id,
        max(store_name) as store_name,
        min(entity) as entity,
        max(message) as message,
        max(case when severity = 'act' then 1 else 0 end) = 1 as is_urgent,
        {{ dbt.listagg('case when place <= ' ~ most_named ~ ' then short_message end', "'; '", 'order by place') }} as short_messages
    from numbered
    group by kind, subject
),

final as (
    select
        kind || ' ' || subject as attention_id,
        kind,
        store_id,
        case when alerts = 1 and kind in ('sensor_silent', 'sensor_below') then entity end as sensor_id,
        case
            when store_name is not null then store_name || ': '
            when kind = 'air_limit_passed' then 'Air: '
            when kind in ('feed_old', 'test_failed') and alerts > 1 then ''
            else entity || ': '
        end
        || case kind
            {% for kind, (one, many) in words.items() %}
                when '{{ kind }}' then case when alerts = 1 then '{{ one }}' else cast(alerts as {{ dbt.type_string() }}) || ' {{ many }}' end
            {% endfor %}
        end as title,
        case
            when alerts = 1 and message like '%.' then message
            when alerts = 1 then message || '.'
            when alerts > {{ most_named }}
                then short_messages || ' and ' || cast(alerts - {{ most_named }} as {{ dbt.type_string() }}) || ' more.'
            else short_messages || '.'
        end as detail,
        is_urgent
    from grouped
)

select * from final
