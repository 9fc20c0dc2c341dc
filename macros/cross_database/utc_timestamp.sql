{% macro utc_timestamp(column) %}{{ return(adapter.dispatch('utc_timestamp', 'tally')(column)) }}{% endmacro %}

{# Arithmetic: `at time zone` asks the calendar, at twenty times the cost. #}
{% macro duckdb__utc_timestamp(column) -%}
    make_timestamp(epoch_us({{ column }}))
{%- endmacro %}

{# A session's time zone is UTC there (profiles.yml): an instant and the plain UTC timestamp are one and the same. #}
{% macro spark__utc_timestamp(column) -%}
    ({{ column }})
{%- endmacro %}
