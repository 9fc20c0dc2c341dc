{% macro month_name(date_column) %}{{ return(adapter.dispatch('month_name', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__month_name(date_column) -%}
    monthname({{ date_column }})
{%- endmacro %}
