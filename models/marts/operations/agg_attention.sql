-- The open alerts (fct_alerts) in a store owner's words: several doors of a store share one row.
with alerts as (
    select
        *,
        {{ threshold('most_alerts_in_a_line') }} as most_named
    from {{ ref('fct_alerts') }}
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
            stores.store_id, case when alerts.kind in ('ingestion_failed', 'rejected_above', 'source_stale') then alerts.entity else alerts.rule_id end
        ) as subject,
        case alerts.kind
            {% for kind in alert_kinds(having='in_list') %}
                when '{{ kind }}' then {{ message('alerts.' ~ kind ~ '.in_list', {
                    'entity': 'alerts.entity', 'value': whole_number_text('alerts.value'),
                }) }}
            {% endfor %}
            else alerts.message
        end as text_in_list
    from alerts
    left join stores on alerts.store_id = stores.store_id
),

ranked as (
    -- two rules may hold for the same entity
    select
        *,
        row_number() over (partition by kind, subject, entity order by severity asc, rule_id asc) as nth_rule
    from worded
),

numbered as (
    select
        *,
        case when row_number() over (partition by kind, subject order by value desc, entity asc) <= most_named then text_in_list end as named,
        case when row_number() over (partition by kind, subject order by value desc, entity asc) <= most_named then message_parts end as named_parts,
        row_number() over (partition by kind, subject order by value desc, entity asc) as position
    from ranked
    where nth_rule = 1
),

grouped as (
    select
        kind,
        subject,
        count(*) as alerts,
        count(*) - count(named) as left_out,
        max(store_id) as store_id,
        min(entity) as entity,
        coalesce(max(store_name), min(entity)) as place,
        max(message) as message,
        max(case when severity = 'critical' then 1 else 0 end) = 1 as is_urgent,
        {{ dbt.listagg('named', "'; '", 'order by position') }} as named,
        '[' || {{ dbt.listagg('named_parts', "','", 'order by position') }} || ']' as parts
    from numbered
    group by kind, subject
),

final as (
    select
        kind || ' ' || subject as attention_id,
        kind,
        store_id,
        case when alerts = 1 and kind in ('sensor_silent', 'sensor_below') then entity end as sensor_id,
        case kind
            {% for kind in alert_kinds() %}
                when '{{ kind }}' then {{ message_of_count('alerts.' ~ kind ~ '.title', 'alerts', {
                    'place': 'place', 'count': whole_number_text('alerts'),
                }) }}
            {% endfor %}
        end as title,
        case
            when alerts = 1 and message like '%.' then message
            when alerts = 1 then {{ message('attention.full_stop', {'text': 'message'}) }}
            when left_out > 0 then {{ message('attention.longer_list', {'list': 'named', 'more': whole_number_text('left_out')}) }}
            else {{ message('attention.list', {'list': 'named'}) }}
        end as detail,
        is_urgent,
        place,
        cast(alerts as integer) as alerts,
        cast(left_out as integer) as left_out,
        parts
    from grouped
)

select * from final
