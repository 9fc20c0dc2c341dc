{#
    All columns of an incremental model as it is, and a column that later versions of the model have: null where a warehouse of an earlier Tally
    has no such column yet.
#}
{% macro columns_with(relation, column) -%}
    {%- set known = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    *{% if column not in known %}, cast(null as {{ dbt.type_string() }}) as {{ column }}{% endif %}
{%- endmacro %}
