{% macro iso_weekday(date_column) %}{{ return(adapter.dispatch('iso_weekday', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__iso_weekday(date_column) -%}
    cast(extract('isodow' from {{ date_column }}) as integer)
{%- endmacro %}

{% macro spark__iso_weekday(date_column) -%}
    (weekday({{ date_column }}) + 1)
{%- endmacro %}
