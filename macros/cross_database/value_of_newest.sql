{% macro value_of_newest(value, newest_by) %}{{ return(adapter.dispatch('value_of_newest', 'tally')(value, newest_by)) }}{% endmacro %}

{% macro default__value_of_newest(value, newest_by) -%}
    max_by({{ value }}, {{ newest_by }})
{%- endmacro %}
