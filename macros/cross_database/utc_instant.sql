{% macro utc_instant(column) %}{{ return(adapter.dispatch('utc_instant', 'tally')(column)) }}{% endmacro %}

{% macro duckdb__utc_instant(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}
