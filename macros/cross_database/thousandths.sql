{# What is a double, as decimal(18, 3). #}
{% macro thousandths(expression) %}{{ return(adapter.dispatch('thousandths', 'tally')(expression)) }}{% endmacro %}

{% macro duckdb__thousandths(expression) -%}
    cast({{ expression }} as decimal(18, 3))
{%- endmacro %}

{# Spark's own cast rounds the number as it is written, DuckDB's its thousandfold: 380.55649999999997 is 380.556 there and 380.557 here. #}
{% macro spark__thousandths(expression) -%}
    cast(cast(round(({{ expression }}) * 1000D) as decimal(18, 0)) / 1000 as decimal(18, 3))
{%- endmacro %}
