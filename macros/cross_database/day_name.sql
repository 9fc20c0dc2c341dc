{% macro day_name(date_column) %}{{ return(adapter.dispatch('day_name', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__day_name(date_column) -%}
    dayname({{ date_column }})
{%- endmacro %}

{% macro spark__day_name(date_column) -%}
    date_format({{ date_column }}, 'EEEE')
{%- endmacro %}
