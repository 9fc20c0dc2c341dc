{# When a day's opening ends, in minutes after its midnight: a closing time that is not after the opening time is the next day's. #}
{% macro closing_minute(opens_at, closes_at) -%}
    (
        {{ minute_of_day(closes_at) }}
        + case when {{ minute_of_day(closes_at) }} > {{ minute_of_day(opens_at) }} then 0 else 1440 end
    )
{%- endmacro %}

{#
    Whether any part of an hour is open: within this day's opening, or within yesterday's where that runs past midnight. `local_minute` is the
    hour's start on the store's clock, in minutes after midnight; yesterday's closing may be of other opening hours; the last two say whether the store opened on this day and on the day before.
#}
{% macro is_open_hour(local_minute, opens_minute, closes_minute, closes_minute_yesterday, opens_today, opened_yesterday) -%}
    coalesce(
        ({{ opens_today }} and {{ local_minute }} + 60 > {{ opens_minute }} and {{ local_minute }} < {{ closes_minute }})
        or ({{ opened_yesterday }} and {{ local_minute }} + 1440 < {{ closes_minute_yesterday }}),
        false
    )
{%- endmacro %}
