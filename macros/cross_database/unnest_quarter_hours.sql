{% macro unnest_quarter_hours(first_column, last_column) %}{{ return(adapter.dispatch('unnest_quarter_hours', 'tally')(first_column, last_column)) }}{% endmacro %}

{% macro duckdb__unnest_quarter_hours(first_column, last_column) -%}
    unnest(generate_series({{ first_column }}, {{ last_column }}, interval 15 minute))
{%- endmacro %}

{% macro spark__unnest_quarter_hours(first_column, last_column) -%}
    explode({{ spark_sequence(first_column, last_column, 'interval 15 minutes') }})
{%- endmacro %}
