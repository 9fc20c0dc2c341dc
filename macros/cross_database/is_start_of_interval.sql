{% macro is_start_of_interval(instant_column, interval_minutes, phase_minutes) %}
    {{ return(adapter.dispatch('is_start_of_interval', 'tally')(instant_column, interval_minutes, phase_minutes)) }}
{% endmacro %}

{% macro duckdb__is_start_of_interval(instant_column, interval_minutes, phase_minutes) -%}
    ((epoch_us({{ instant_column }}) - 60000000 * cast({{ phase_minutes }} as bigint)) % (60000000 * cast({{ interval_minutes }} as bigint)) = 0)
{%- endmacro %}

{% macro spark__is_start_of_interval(instant_column, interval_minutes, phase_minutes) -%}
    ((unix_micros({{ instant_column }}) - 60000000 * cast({{ phase_minutes }} as bigint)) % (60000000 * cast({{ interval_minutes }} as bigint)) = 0)
{%- endmacro %}
