{#
    Start of the hour of the store's clock in which a reading begins, in UTC. `door` is a relation with the columns of int_footfall__sensor_doors,
    none where there is one relation only.
#}
{% macro hour_of_reading(utc_column, door=none) -%}
    {%- set prefix = door ~ '.' if door else '' -%}
    greatest({{ start_of_hour(utc_column, prefix ~ 'phase_minutes') }}, {{ prefix }}phase_from)
{%- endmacro %}
