{% macro table_format() %}{{ return(adapter.dispatch('table_format', 'tally')()) }}{% endmacro %}

{% macro duckdb__table_format() %}{% endmacro %}

{% macro spark__table_format() %}using iceberg{% endmacro %}
