{# Start of a local day, in UTC. #}
{% macro local_midnight(date_column, timezone_column) -%}
    {{ utc_from_local('cast(' ~ date_column ~ ' as timestamp)', timezone_column) }}
{%- endmacro %}
