{#
    The instant at which the clock of a time zone shows a time, as a plain UTC timestamp; null where it shows the time twice or never.
    Clocks go back by an hour, or by half an hour.
#}
{% macro local_to_utc(local_column, timezone_column) -%}
    {%- set instant = utc_of_local(local_column, timezone_column) -%}
    case
        when {{ local_timestamp(instant, timezone_column) }} = {{ local_column }}
            {%- for shift in ["interval '60' minute", "interval '30' minute"] %}
            and {{ local_timestamp('(' ~ instant ~ ' + ' ~ shift ~ ')', timezone_column) }} <> {{ local_column }}
            and {{ local_timestamp('(' ~ instant ~ ' - ' ~ shift ~ ')', timezone_column) }} <> {{ local_column }}
            {%- endfor %}
            then {{ instant }}
    end
{%- endmacro %}

{% macro utc_of_local(local_column, timezone_column) %}{{ return(adapter.dispatch('utc_of_local', 'tally')(local_column, timezone_column)) }}{% endmacro %}

{% macro duckdb__utc_of_local(local_column, timezone_column) -%}
    (({{ local_column }} at time zone {{ timezone_column }}) at time zone 'UTC')
{%- endmacro %}

{% macro spark__utc_of_local(local_column, timezone_column) -%}
    to_utc_timestamp({{ local_column }}, {{ timezone_column }})
{%- endmacro %}
