{% macro median_over(value, window) %}{{ return(adapter.dispatch('median_over', 'tally')(value, window)) }}{% endmacro %}

{% macro duckdb__median_over(value, window) -%}
    median({{ value }}) over {{ window }}
{%- endmacro %}

{# Spark has a median of groups only, none of a window's frame. #}
{% macro spark__median_over(value, window) -%}
    {{ _median_of_list('collect_list(' ~ value ~ ') over ' ~ window) }}
{%- endmacro %}
