{% macro start_of_hour(utc_column, phase_minutes) %}{{ return(adapter.dispatch('start_of_hour', 'tally')(utc_column, phase_minutes)) }}{% endmacro %}

{# Twice the remainder, so that it is not negative before 1970. #}
{% macro duckdb__start_of_hour(utc_column, phase_minutes) -%}
    ({{ utc_column }} - to_microseconds(((epoch_us({{ utc_column }}) - 60000000 * cast({{ phase_minutes }} as bigint)) % 3600000000 + 3600000000) % 3600000000))
{%- endmacro %}

{% macro spark__start_of_hour(utc_column, phase_minutes) -%}
    timestamp_micros(unix_micros({{ utc_column }}) - pmod(unix_micros({{ utc_column }}) - 60000000 * cast({{ phase_minutes }} as bigint), 3600000000))
{%- endmacro %}
