{% macro iso_year(date_column) %}{{ return(adapter.dispatch('iso_year', 'tally')(date_column)) }}{% endmacro %}

{% macro duckdb__iso_year(date_column) -%}
    cast(extract(isoyear from {{ date_column }}) as integer)
{%- endmacro %}

{% macro spark__iso_year(date_column) -%}
    cast(extract(yearofweek from {{ date_column }}) as integer)
{%- endmacro %}
