{#
    How far a day's figures look back, in weeks, each list written here and nowhere else. Every range follows from it: the frames of the
    windows, what a build reads beside the days that it rebuilds, and which later days a changed day reaches.
#}
{% macro lookback_weeks() %}
    {{ return({
        'expectation': [1, 2, 3, 4],
        'usual': [1, 2, 3, 4],
        'average': [0, 1, 2, 3],
        'average_change': [0, 1],
        'last_year': [52],
    }) }}
{% endmacro %}

{# An hour's figures are computed from hours so many weeks before. #}
{% macro weeks_read_by_hours() %}{{ return([0] + lookback_weeks().expectation) }}{% endmacro %}

{# A day's figures are computed from days so many weeks before. #}
{% macro weeks_read_by_days() %}
    {{ return((_weeks_compared() + lookback_weeks().last_year) | unique | sort) }}
{% endmacro %}

{# A changed day changes the hours of days so many weeks later. #}
{% macro weeks_reached_by_hours() %}{{ return(weeks_read_by_hours()) }}{% endmacro %}

{#
    A changed day changes the figures of days so many weeks later: through the hours' expectation and then through the day's comparisons. Last
    year's day is compared by what was observed on it, which no expectation changes.
#}
{% macro weeks_reached_by_days() %}
    {{ return((_sums_of(weeks_reached_by_hours(), _weeks_compared()) + lookback_weeks().last_year) | unique | sort) }}
{% endmacro %}

{# A day is compared with days so many weeks before by estimates: the usual, the 4-week average, and that average's change. #}
{% macro _weeks_compared() %}
    {% set weeks = lookback_weeks() %}
    {{ return((weeks.usual + _sums_of(weeks.average, weeks.average_change)) | unique | sort) }}
{% endmacro %}

{% macro _sums_of(some, others) %}
    {% set sums = [] %}
    {% for one in some %}{% for other in others %}{% do sums.append(one + other) %}{% endfor %}{% endfor %}
    {{ return(sums | unique | sort) }}
{% endmacro %}

{# A date so many weeks earlier. #}
{% macro weeks_before(date_column, weeks) -%}
    {{ add_days(date_column, -7 * weeks) }}
{%- endmacro %}

{# The date of the same weekday that counts as the same day last year: 364 days before. #}
{% macro same_day_last_year(date_column) -%}
    {{ weeks_before(date_column, lookback_weeks().last_year | first) }}
{%- endmacro %}

{#
    Window frame over a list of weeks without gaps, for a window that is ordered by `day_number` and partitioned by weekday. It counts days, so
    that a missing week is missing and nothing slides into its place.
#}
{% macro frame_of_weeks(weeks) -%}
    range between {{ 7 * weeks | max }} preceding and {{ 7 * weeks | min }} preceding
{%- endmacro %}
