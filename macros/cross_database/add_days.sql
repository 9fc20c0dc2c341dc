{% macro add_days(date_column, days) %}{{ return(adapter.dispatch('add_days', 'tally')(date_column, days)) }}{% endmacro %}

{% macro default__add_days(date_column, days) -%}
    cast({{ dbt.dateadd('day', days, date_column) }} as date)
{%- endmacro %}

{% macro spark__add_days(date_column, days) -%}
    date_add(cast({{ date_column }} as date), cast({{ days }} as int))
{%- endmacro %}
