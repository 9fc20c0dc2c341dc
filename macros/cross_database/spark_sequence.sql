{# Spark's sequence that is empty where it would end before it begins, which is an error there. #}
{% macro spark_sequence(first, last, step) -%}
    case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}, {{ step }}) end
{%- endmacro %}
