{# The columns of a row with their names, as one text. #}
{% macro text_of_row(columns) -%}
    concat({% for column in columns %}'{{ ', ' if not loop.first }}{{ column }}: ', coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'null'){{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
