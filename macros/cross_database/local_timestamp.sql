{% macro local_timestamp(utc_column, timezone_column) %}{{ return(adapter.dispatch('local_timestamp', 'tally')(utc_column, timezone_column)) }}{% endmacro %}

{% macro duckdb__local_timestamp(utc_column, timezone_column) -%}
    (({{ utc_column }} at time zone 'UTC') at time zone {{ timezone_column }})
{%- endmacro %}

{% macro spark__local_timestamp(utc_column, timezone_column) -%}
    from_utc_timestamp({{ utc_column }}, {{ timezone_column }})
{%- endmacro %}
