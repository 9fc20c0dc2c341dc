{# A timestamp with time zone as a plain timestamp that holds UTC. #}
{% macro utc_timestamp(column) %}{{ return(adapter.dispatch('utc_timestamp', 'tally')(column)) }}{% endmacro %}

{% macro default__utc_timestamp(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}

{# The other way round, to compare with the raw tables' columns as they are: converting many rows is slow, a few are not. #}
{% macro utc_instant(column) %}{{ return(adapter.dispatch('utc_instant', 'tally')(column)) }}{% endmacro %}

{% macro default__utc_instant(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}

{% macro is_on_the_hour(instant_column) %}{{ return(adapter.dispatch('is_on_the_hour', 'tally')(instant_column)) }}{% endmacro %}

{% macro default__is_on_the_hour(instant_column) -%}
    (epoch_us({{ instant_column }}) % 3600000000 = 0)
{%- endmacro %}

{# A plain UTC timestamp as the wall clock of a time zone shows it. This way round is never ambiguous. #}
{% macro local_timestamp(utc_column, timezone_column) %}
    {{- return(adapter.dispatch('local_timestamp', 'tally')(utc_column, timezone_column)) -}}
{% endmacro %}

{% macro default__local_timestamp(utc_column, timezone_column) -%}
    (({{ utc_column }} at time zone 'UTC') at time zone {{ timezone_column }})
{%- endmacro %}

{# When a date begins in a time zone, as a plain UTC timestamp. #}
{% macro local_midnight(date_column, timezone_column) %}
    {{- return(adapter.dispatch('local_midnight', 'tally')(date_column, timezone_column)) -}}
{% endmacro %}

{% macro default__local_midnight(date_column, timezone_column) -%}
    ((cast({{ date_column }} as timestamp) at time zone {{ timezone_column }}) at time zone 'UTC')
{%- endmacro %}

{# A plain UTC timestamp literal as the raw tables' timestamp with time zone, to filter on the raw column itself. #}
{% macro utc_literal(text) -%}
    timestamptz '{{ text }}+00'
{%- endmacro %}

{# Monday is 1, Sunday 7. #}
{% macro iso_weekday(date_column) %}{{ return(adapter.dispatch('iso_weekday', 'tally')(date_column)) }}{% endmacro %}

{% macro default__iso_weekday(date_column) -%}
    cast(extract('isodow' from {{ date_column }}) as integer)
{%- endmacro %}

{# Days since 1970-01-01: an integer, so that a window's range can count calendar days on any database. #}
{% macro day_number(date_column) -%}
    {{ dbt.datediff("cast('1970-01-01' as date)", date_column, 'day') }}
{%- endmacro %}

{# A date some days later (or earlier, with a negative number). #}
{% macro add_days(date_column, days) -%}
    cast({{ dbt.dateadd('day', days, date_column) }} as date)
{%- endmacro %}

{# One row an hour from the first to the last, both included, for the select list: two plain timestamps in, a timestamp out. #}
{% macro unnest_hours(first_column, last_column) %}
    {{- return(adapter.dispatch('unnest_hours', 'tally')(first_column, last_column)) -}}
{% endmacro %}

{% macro default__unnest_hours(first_column, last_column) -%}
    unnest(generate_series({{ first_column }}, {{ last_column }}, interval 1 hour))
{%- endmacro %}

{# One row a day from the first to the last, both included. #}
{% macro unnest_days(first_column, last_column) %}
    {{- return(adapter.dispatch('unnest_days', 'tally')(first_column, last_column)) -}}
{% endmacro %}

{% macro default__unnest_days(first_column, last_column) -%}
    cast(unnest(generate_series(cast({{ first_column }} as date), cast({{ last_column }} as date), interval 1 day)) as date)
{%- endmacro %}

{# Minutes after midnight of an `HH:MM`. A text, not a time: 24:00 is a closing time. #}
{% macro minute_of_day(clock_column) -%}
    (
        60 * cast({{ dbt.split_part(clock_column, "':'", 1) }} as integer)
        + cast({{ dbt.split_part(clock_column, "':'", 2) }} as integer)
    )
{%- endmacro %}

{# When a dlt load began: its id is the clock's seconds. #}
{% macro load_started_at(load_id_column) %}{{ return(adapter.dispatch('load_started_at', 'tally')(load_id_column)) }}{% endmacro %}

{% macro default__load_started_at(load_id_column) -%}
    make_timestamp(cast(cast({{ load_id_column }} as decimal(20, 6)) * 1000000 as bigint))
{%- endmacro %}

{% macro day_name(date_column) %}{{ return(adapter.dispatch('day_name', 'tally')(date_column)) }}{% endmacro %}

{% macro default__day_name(date_column) -%}
    dayname({{ date_column }})
{%- endmacro %}

{% macro month_name(date_column) %}{{ return(adapter.dispatch('month_name', 'tally')(date_column)) }}{% endmacro %}

{% macro default__month_name(date_column) -%}
    monthname({{ date_column }})
{%- endmacro %}

{# A date, and a timestamp, as people read them: 5 Mar 2026, and 5 Mar 2026, 14:00. #}
{% macro day_text(date_column) %}{{ return(adapter.dispatch('day_text', 'tally')(date_column)) }}{% endmacro %}

{% macro default__day_text(date_column) -%}
    strftime({{ date_column }}, '%-d %b %Y')
{%- endmacro %}

{% macro moment_text(timestamp_column) %}{{ return(adapter.dispatch('moment_text', 'tally')(timestamp_column)) }}{% endmacro %}

{% macro default__moment_text(timestamp_column) -%}
    strftime({{ timestamp_column }}, '%-d %b %Y, %H:%M')
{%- endmacro %}
