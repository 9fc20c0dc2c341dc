{% macro minute_of_day(clock_column) %}{{ return(adapter.dispatch('minute_of_day', 'tally')(clock_column)) }}{% endmacro %}

{% macro default__minute_of_day(clock_column) -%}
    (
        60 * cast({{ dbt.split_part(clock_column, "':'", 1) }} as integer)
        + cast({{ dbt.split_part(clock_column, "':'", 2) }} as integer)
    )
{%- endmacro %}
