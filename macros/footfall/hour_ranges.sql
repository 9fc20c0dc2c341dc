{#
    The stretches of time that int_footfall__rebuild_days needs readings of, as pairs of literals [first, last) in UTC,
    with the four weeks before each day and a day's room for time zones; none when everything is rebuilt. Days of long
    ago and of yesterday make two stretches, so that what lies between them is not read.
#}
{% macro footfall_hour_ranges() %}
    {% if not execute or rebuilds_all_footfall() %}{{ return([]) }}{% endif %}
    {% set rows = run_query(
        "with days as (select distinct visit_date from " ~ ref('int_footfall__rebuild_days') ~ " where rebuilds_hours), "
        ~ "gaps as (select visit_date, coalesce(" ~ dbt.datediff('lag(visit_date) over (order by visit_date)', 'visit_date', 'day')
        ~ " > 35, false) as is_far from days), "
        ~ "stretches as (select visit_date, sum(case when is_far then 1 else 0 end) over (order by visit_date) as stretch from gaps) "
        ~ "select " ~ add_days('min(visit_date)', -30) ~ ", " ~ add_days('max(visit_date)', 2)
        ~ " from stretches group by stretch order by 1"
    ).rows %}
    {% set ranges = [] %}
    {% for row in rows %}{% do ranges.append((row[0] ~ ' 00:00:00', row[1] ~ ' 00:00:00')) %}{% endfor %}
    {% if ranges | length > 50 %}{{ return([(ranges[0][0], ranges[-1][1])]) }}{% endif %}
    {# Nothing to rebuild: read nothing. #}
    {{ return(ranges or [('1970-01-01 00:00:00', '1970-01-01 00:00:00')]) }}
{% endmacro %}
