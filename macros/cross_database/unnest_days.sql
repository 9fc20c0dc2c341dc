{% macro unnest_days(first_column, last_column) %}{{ return(adapter.dispatch('unnest_days', 'tally')(first_column, last_column)) }}{% endmacro %}

{% macro duckdb__unnest_days(first_column, last_column) -%}
    cast(unnest(generate_series(cast({{ first_column }} as date), cast({{ last_column }} as date), interval 1 day)) as date)
{%- endmacro %}

{% macro spark__unnest_days(first_column, last_column) -%}
    explode({{ spark_sequence('cast(' ~ first_column ~ ' as date)', 'cast(' ~ last_column ~ ' as date)', 'interval 1 day') }})
{%- endmacro %}
