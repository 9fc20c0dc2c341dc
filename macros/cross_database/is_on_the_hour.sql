{% macro is_on_the_hour(instant_column) %}{{ return(adapter.dispatch('is_on_the_hour', 'tally')(instant_column)) }}{% endmacro %}

{% macro duckdb__is_on_the_hour(instant_column) -%}
    (epoch_us({{ instant_column }}) % 3600000000 = 0)
{%- endmacro %}
