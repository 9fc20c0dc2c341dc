{% macro utc_from_local(local_column, timezone_column) %}{{ return(adapter.dispatch('utc_from_local', 'tally')(local_column, timezone_column)) }}{% endmacro %}

{% macro duckdb__utc_from_local(local_column, timezone_column) -%}
    (({{ local_column }} at time zone {{ timezone_column }}) at time zone 'UTC')
{%- endmacro %}

{# Of a time that comes twice Spark takes the first and DuckDB the second. Clocks go back by an hour, or by half an hour. #}
{% macro spark__utc_from_local(local_column, timezone_column) -%}
    {%- set first -%} to_utc_timestamp({{ local_column }}, {{ timezone_column }}) {%- endset -%}
    case
        {%- for shift in ['interval 60 minutes', 'interval 30 minutes'] %}
        when {{ local_timestamp(first ~ ' + ' ~ shift, timezone_column) }} = {{ local_column }} then {{ first }} + {{ shift }}
        {%- endfor %}
        else {{ first }}
    end
{%- endmacro %}
