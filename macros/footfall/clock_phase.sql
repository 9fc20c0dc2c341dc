{#
    How many minutes after an hour of UTC an hour begins on a store's clock: 0 in Paris, 30 in Mumbai, 15 in Kathmandu. Both arguments are the
    same moment, in UTC and on that clock.
#}
{% macro clock_phase(utc_column, local_column) -%}
    cast((60 + extract(minute from {{ utc_column }}) - extract(minute from {{ local_column }})) % 60 as integer)
{%- endmacro %}

{# Start of the hour of a store's clock in which a moment lies, in UTC: for a few rows, because it converts each to local time. #}
{% macro start_of_local_hour(utc_column, timezone_column) -%}
    {{ start_of_hour(utc_column, clock_phase(utc_column, local_timestamp(utc_column, timezone_column))) }}
{%- endmacro %}
