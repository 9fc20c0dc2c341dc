{% macro literals(values) -%}
    ({% for value in values %}{{ dbt.string_literal(dbt.escape_single_quotes(value)) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
