{% macro month_name(date_column) %}{{ return(adapter.dispatch('month_name', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__month_name(date_column) -%}
    monthname({{ date_column }})
{%- endmacro %}

{% macro spark__month_name(date_column) -%}
    date_format({{ date_column }}, 'MMMM')
{%- endmacro %}
