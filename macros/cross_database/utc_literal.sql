{% macro utc_literal(text) %}{{ return(adapter.dispatch('utc_literal', 'tally')(text)) }}{% endmacro %}

{% macro duckdb__utc_literal(text) -%}
    timestamptz '{{ text }}+00'
{%- endmacro %}

{% macro spark__utc_literal(text) -%}
    timestamp '{{ text }}'
{%- endmacro %}
