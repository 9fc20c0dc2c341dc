{% macro list_where(value, condition) %}{{ return(adapter.dispatch('list_where', 'tally')(value, condition)) }}{% endmacro %}

{% macro duckdb__list_where(value, condition) -%}
    list({{ value }}) filter (where {{ condition }})
{%- endmacro %}

{% macro spark__list_where(value, condition) -%}
    collect_list(case when {{ condition }} then {{ value }} end)
{%- endmacro %}
