{# Of the versions of one reading the newest one's count; -1 where that is no observation. #}
{% macro newest_visits() -%}
    {{ value_of_newest("case when status = 'ok' and visits >= 0 and raw_hour_start <= raw_updated_at then visits else -1 end", 'raw_updated_at') }}
{%- endmacro %}
