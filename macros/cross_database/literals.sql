{# The quote is asked for once: two macros for each of hundreds of values would be a third of a second of each run. #}
{% macro literals(values) -%}
    {%- set quote = dbt.escape_single_quotes("'") -%}
    ({% for value in values %}'{{ value | replace("'", quote) }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
