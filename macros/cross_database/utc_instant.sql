{% macro utc_instant(column) %}{{ return(adapter.dispatch('utc_instant', 'tally')(column)) }}{% endmacro %}

{# Arithmetic: `at time zone` asks the calendar, at ten times the cost. #}
{% macro duckdb__utc_instant(column) -%}
    make_timestamptz(epoch_us({{ column }}))
{%- endmacro %}

{# A session's time zone is UTC there (profiles.yml): an instant and the plain UTC timestamp are one and the same. #}
{% macro spark__utc_instant(column) -%}
    ({{ column }})
{%- endmacro %}
