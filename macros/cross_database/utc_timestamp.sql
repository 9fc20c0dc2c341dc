{% macro utc_timestamp(column) %}{{ return(adapter.dispatch('utc_timestamp', 'tally')(column)) }}{% endmacro %}

{% macro duckdb__utc_timestamp(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}
