{% macro utc_from_local(local_column, timezone_column) %}{{ return(adapter.dispatch('utc_from_local', 'tally')(local_column, timezone_column)) }}{% endmacro %}

{% macro duckdb__utc_from_local(local_column, timezone_column) -%}
    (({{ local_column }} at time zone {{ timezone_column }}) at time zone 'UTC')
{%- endmacro %}
