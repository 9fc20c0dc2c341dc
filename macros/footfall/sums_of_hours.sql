{# What the doors of a relation counted and should have counted, summed by the keys. A null counts as nothing, and is not observed. #}
{% macro sums_of_hours(relation, keys) -%}
    select
        {% for key in keys %}{{ relation }}.{{ key }}, {% endfor %}
        sum(visits) as visits,
        count(visits) as observed,
        sum(comparable_visits) as comparable_visits,
        sum(comparable_expectation) as comparable_expectation
    from {{ relation }}
    group by {% for key in keys %}{{ relation }}.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}
