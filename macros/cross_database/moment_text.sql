{% macro moment_text(timestamp_column) %}{{ return(adapter.dispatch('moment_text', 'tally')(timestamp_column)) }}{% endmacro %}

{% macro duckdb__moment_text(timestamp_column) -%}
    strftime({{ timestamp_column }}, '%-d %b %Y, %H:%M')
{%- endmacro %}

{% macro spark__moment_text(timestamp_column) -%}
    date_format({{ timestamp_column }}, 'd MMM yyyy, HH:mm')
{%- endmacro %}
