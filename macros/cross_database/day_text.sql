{% macro day_text(date_column) %}{{ return(adapter.dispatch('day_text', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__day_text(date_column) -%}
    strftime({{ date_column }}, '%-d %b %Y')
{%- endmacro %}

{% macro spark__day_text(date_column) -%}
    date_format({{ date_column }}, 'd MMM yyyy')
{%- endmacro %}
