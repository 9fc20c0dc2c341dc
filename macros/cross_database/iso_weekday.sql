{% macro iso_weekday(date_column) %}{{ return(adapter.dispatch('iso_weekday', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__iso_weekday(date_column) -%}
    cast(extract('isodow' from {{ date_column }}) as integer)
{%- endmacro %}
