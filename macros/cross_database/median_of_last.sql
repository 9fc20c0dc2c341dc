{% macro median_of_last(values, count) %}{{ return(adapter.dispatch('median_of_last', 'tally')(values, count)) }}{% endmacro %}

{% macro duckdb__median_of_last(values, count) -%}
    list_median(list_slice({{ values }}, -{{ count }}, -1))
{%- endmacro %}

{% macro spark__median_of_last(values, count) -%}
    {{ _median_of_list('slice(' ~ values ~ ', greatest(size(' ~ values ~ ') - ' ~ (count - 1) ~ ', 1), ' ~ count ~ ')') }}
{%- endmacro %}

{# Of an even number of values half of the two in the middle; null of none. #}
{% macro _median_of_list(values) -%}
    transform(array(array_sort({{ values }})), sorted -> (sorted[(size(sorted) - 1) div 2] + sorted[size(sorted) div 2]) / 2)[0]
{%- endmacro %}
