{#
    A fact of ten years of hours is built a year at a time, so that it takes the memory of a year. What it reads (`in_chunk`) is bounded by
    variables of the session, which an insert a chunk sets in turn (macros/cross_database/create_table_as.sql). Where none is set, as in
    unit tests and for whoever looks at the view, nothing is left out.

    An increment is built the same way, in as many chunks as there are ranges of rebuilt days: usually one, of a few weeks.
#}

{# Pairs of dates [first, last]: the ranges of rebuilt days, in parts of at most 366 days. #}
{% macro chunks_of_rebuilt_days(purpose) %}
    {%- set chunks = [] -%}
    {%- for first, last in read_ranges(purpose) -%}
        {%- set begin, end = modules.datetime.date.fromisoformat(first), modules.datetime.date.fromisoformat(last) -%}
        {%- for day in range(0, (end - begin).days + 1, 366) -%}
            {%- set chunk_begin = begin + modules.datetime.timedelta(days=day) -%}
            {%- do chunks.append((chunk_begin, [chunk_begin + modules.datetime.timedelta(days=365), end] | min)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(chunks) }}
{% endmacro %}

{# A condition: the date is one of the chunk's, or up to so many weeks before it. #}
{% macro in_chunk(date_column, weeks_before=0) %}{{ return(adapter.dispatch('in_chunk', 'tally')(date_column, weeks_before)) }}{% endmacro %}

{% macro default__in_chunk(date_column, weeks_before) %}true{% endmacro %}

{% macro duckdb__in_chunk(date_column, weeks_before) -%}
    {{ date_column }} between coalesce(getvariable('chunk_first_date'), date '0001-01-01') - {{ 7 * weeks_before }} and coalesce(getvariable('chunk_last_date'), date '9999-12-31')
{%- endmacro %}

{# A condition: the raw timestamp may be of the hours that the chunk reads, two days of padding for time zones. #}
{% macro instant_in_chunk(instant_column) %}{{ return(adapter.dispatch('instant_in_chunk', 'tally')(instant_column)) }}{% endmacro %}

{% macro default__instant_in_chunk(instant_column) %}{{ instant_in_read_ranges(instant_column, 'hours_read') }}{% endmacro %}

{% macro duckdb__instant_in_chunk(instant_column) -%}
    {{ instant_column }} between coalesce(getvariable('chunk_first_instant'), timestamptz '0001-01-01 00:00:00+00')
    and coalesce(getvariable('chunk_last_instant'), timestamptz '9999-12-31 00:00:00+00')
{%- endmacro %}
