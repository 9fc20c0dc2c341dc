{% macro utc_timestamp(column) %}{{ return(adapter.dispatch('utc_timestamp', 'tally')(column)) }}{% endmacro %}

{% macro duckdb__utc_timestamp(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}

{# A session's time zone is UTC there (profiles.yml): an instant and the plain UTC timestamp are one and the same. #}
{% macro spark__utc_timestamp(column) -%}
    ({{ column }})
{%- endmacro %}
