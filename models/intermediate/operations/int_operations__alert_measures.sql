-- Every kind of alert that has sentences (locales/en.ftl) has a model of its own.
{% for kind in alert_kinds() %}
    select
        '{{ kind }}' as kind,
        source,
        store_id,
        entity,
        begins_at,
        value,
        at_fault_when,
        own_threshold,
        may_open,
        message,
        message_parts
    from {{ ref('int_operations__alerts_' ~ kind) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
