{# A JSON object as text from a mapping of key to SQL expression, in the order given. #}
{% macro json_object(fields) %}{{ return(adapter.dispatch('json_object', 'tally')(fields)) }}{% endmacro %}

{% macro default__json_object(fields) -%}
    cast(json_object({% for key, expression in fields.items() %}'{{ key }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}
