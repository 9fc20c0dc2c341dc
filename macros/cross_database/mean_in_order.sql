{% macro mean_in_order(value, order_by) %}{{ return(adapter.dispatch('mean_in_order', 'tally')(value, order_by)) }}{% endmacro %}

{% macro duckdb__mean_in_order(value, order_by) -%}
    avg({{ value }} order by {{ order_by }})
{%- endmacro %}
