{# The value in the row whose other column is greatest, within a group; the value must not be null. #}
{% macro value_of_newest(value, newest_by) %}{{ return(adapter.dispatch('value_of_newest', 'tally')(value, newest_by)) }}{% endmacro %}

{% macro default__value_of_newest(value, newest_by) -%}
    max_by({{ value }}, {{ newest_by }})
{%- endmacro %}

{# Mean of doubles, added up in one order: on several threads the last digits would differ from run to run. #}
{% macro mean_in_order(value, order_by) %}{{ return(adapter.dispatch('mean_in_order', 'tally')(value, order_by)) }}{% endmacro %}

{% macro default__mean_in_order(value, order_by) -%}
    avg({{ value }} order by {{ order_by }})
{%- endmacro %}
