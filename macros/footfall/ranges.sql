{#
    Which parts of a long history a build reads, as literals: a filter on literals skips what lies outside of them, a join reads
    everything to find out. Days of long ago and of yesterday make two ranges, so that what lies between them is not read.
#}

{# Pairs of UTC literals [first, last): the hours whose readings int_footfall__rebuild_days needs, with the four weeks before each day
   and a day's room for time zones; none when everything is rebuilt. #}
{% macro footfall_hour_ranges() %}
    {% if not execute or rebuilds_all_footfall() %}{{ return([]) }}{% endif %}
    {% set ranges = [] %}
    {% for first, last in _day_ranges('rebuilds_hours', weeks_before=[0], days_before=30, days_after=2) %}
        {% do ranges.append((first ~ ' 00:00:00', last ~ ' 00:00:00')) %}
    {% endfor %}
    {{ return(ranges) }}
{% endmacro %}

{# Pairs of dates [first, last]: the days to rebuild and those so many weeks before each; none when everything is rebuilt. #}
{% macro footfall_day_ranges(weeks_before) %}
    {% if not execute or rebuilds_all_footfall() %}{{ return([]) }}{% endif %}
    {{ return(_day_ranges('rebuilds_days', weeks_before)) }}
{% endmacro %}

{% macro _day_ranges(flag, weeks_before, days_before=0, days_after=0) %}
    {% set looked_at = [] %}
    {% for weeks in weeks_before %}
        {% do looked_at.append(
            'select distinct ' ~ add_days('visit_date', -7 * weeks) ~ ' as visit_date from '
            ~ ref('int_footfall__rebuild_days') ~ ' where ' ~ flag
        ) %}
    {% endfor %}
    {% set rows = run_query(
        'with days as (' ~ looked_at | join(' union ') ~ '), '
        ~ 'gaps as (select visit_date, coalesce(' ~ dbt.datediff('lag(visit_date) over (order by visit_date)', 'visit_date', 'day')
        ~ ' > 35, false) as is_far from days), '
        ~ 'stretches as (select visit_date, sum(case when is_far then 1 else 0 end) over (order by visit_date) as stretch from gaps) '
        ~ 'select ' ~ add_days('min(visit_date)', -days_before) ~ ', ' ~ add_days('max(visit_date)', days_after)
        ~ ' from stretches group by stretch order by 1'
    ).rows %}
    {% set ranges = [] %}
    {% for row in rows %}{% do ranges.append((row[0] | string, row[1] | string)) %}{% endfor %}
    {% if ranges | length > 50 %}{{ return([(ranges[0][0], ranges[-1][1])]) }}{% endif %}
    {# Nothing to rebuild: read nothing. #}
    {{ return(ranges or [('1970-01-01', '1970-01-01')]) }}
{% endmacro %}
