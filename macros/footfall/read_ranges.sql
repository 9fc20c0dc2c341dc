{#
    Which parts of a long history a build reads, as literals out of int_footfall__read_ranges: a filter on literals skips what lies outside of
    them, a join reads everything to find out.
#}

{# Pairs of dates [first, last] as text for one `purpose` of int_footfall__read_ranges. Never empty: where there is nothing to rebuild, one old day. #}
{% macro read_ranges(purpose) %}
    {% set relation = ref('int_footfall__read_ranges') %}
    {# `dbt compile` on an empty warehouse finds no table. #}
    {% if not execute or load_relation(relation) is none %}{{ return([('1970-01-01', '1970-01-01')]) }}{% endif %}
    {% set query %}
        select first_date, last_date from {{ relation }} where purpose = '{{ purpose }}' order by first_date
    {% endset %}
    {% set ranges = [] %}
    {% for first, last in rows_once_a_run(query) %}{% do ranges.append((first | string, last | string)) %}{% endfor %}
    {# A filter of very many ranges costs more than it saves. #}
    {% if ranges | length > 50 %}{{ return([(ranges[0][0], ranges[-1][1])]) }}{% endif %}
    {{ return(ranges or [('1970-01-01', '1970-01-01')]) }}
{% endmacro %}

{# A condition: the date lies in one of the ranges of that purpose. #}
{% macro in_read_ranges(date_column, purpose) -%}
    (
        {%- for first, last in read_ranges(purpose) %}
        {{ 'or ' if not loop.first }}{{ date_column }} between date '{{ first }}' and date '{{ last }}'
        {%- endfor %}
    )
{%- endmacro %}

{# The same for a raw timestamp: it lies on one of those days, in UTC. #}
{% macro instant_in_read_ranges(instant_column, purpose) -%}
    (
        {%- for first, last in read_ranges(purpose) %}
        {{ 'or ' if not loop.first }}({{ instant_column }} >= {{ utc_literal(first ~ ' 00:00:00') }} and {{ instant_column }} <= {{ utc_literal(last ~ ' 23:59:59.999999') }})
        {%- endfor %}
    )
{%- endmacro %}

{#
    Select list's other half: the days of a relation with store_id and visit_date, and those so many weeks before each. `is_rebuilt` tells the
    relation's own days from those that are only read.
#}
{% macro days_with_weeks_before(relation, weeks) %}
    select
        store_id,
        visit_date,
        max(is_rebuilt) as is_rebuilt
    from (
        {% for week in weeks %}
            select
                store_id,
                {{ weeks_before('visit_date', week) }} as visit_date,
                {{ 'true' if week == 0 else 'false' }} as is_rebuilt
            from {{ relation }}
            {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as days_and_weeks_before
    group by store_id, visit_date
{% endmacro %}
