{# SQL for one value of the seed `thresholds`. #}
{% macro threshold(threshold_id) -%}
    (select max(value) from {{ ref('thresholds') }} where threshold_id = '{{ threshold_id }}')
{%- endmacro %}

{# SQL for one row with a column for each of the thresholds, under its own name. #}
{% macro thresholds(threshold_ids) -%}
    select
        {% for threshold_id in threshold_ids %}
            max(case when threshold_id = '{{ threshold_id }}' then value end) as {{ threshold_id }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('thresholds') }}
{%- endmacro %}

{# SQL for the moment from which on alerts use the data of a feed again: seven days before its newest, within which late data comes. #}
{% macro alerts_from(newest) -%}
    {{ dbt.dateadd('day', -7, newest) }}
{%- endmacro %}
