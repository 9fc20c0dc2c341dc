{% macro local_midnight(date_column, timezone_column) %}{{ return(adapter.dispatch('local_midnight', 'tally')(date_column, timezone_column)) }}{% endmacro %}

{% macro duckdb__local_midnight(date_column, timezone_column) -%}
    ((cast({{ date_column }} as timestamp) at time zone {{ timezone_column }}) at time zone 'UTC')
{%- endmacro %}
