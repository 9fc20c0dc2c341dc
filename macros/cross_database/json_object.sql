{% macro json_object(fields) %}{{ return(adapter.dispatch('json_object', 'tally')(fields)) }}{% endmacro %}

{% macro duckdb__json_object(fields) -%}
    cast(json_object({% for key, expression in fields.items() %}'{{ key }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}) as string)
{%- endmacro %}

{% macro spark__json_object(fields) -%}
    to_json(
        named_struct({% for key, expression in fields.items() %}'{{ key }}', {{ expression }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
