{% macro mean_in_order(value, order_by) %}{{ return(adapter.dispatch('mean_in_order', 'tally')(value, order_by)) }}{% endmacro %}

{% macro duckdb__mean_in_order(value, order_by) -%}
    avg({{ value }} order by {{ order_by }})
{%- endmacro %}

{% macro spark__mean_in_order(value, order_by) -%}
    (
        aggregate(
            array_sort(collect_list(case when ({{ value }}) is not null then struct({{ order_by }} as sort_key, cast({{ value }} as double) as measure) end)),
            cast(0 as double),
            (total, pair) -> total + pair.measure
        )
        / nullif(count({{ value }}), 0)
    )
{%- endmacro %}
