{% macro day_number(date_column) %}{{ return(adapter.dispatch('day_number', 'tally')(date_column)) }}{% endmacro %}

{% macro default__day_number(date_column) -%}
    {{ dbt.datediff("cast('1970-01-01' as date)", date_column, 'day') }}
{%- endmacro %}
