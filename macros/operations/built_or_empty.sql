{#
    A model as `ref` gives it, or no rows of its columns where it has never been built: alerts are to be computed even when the first build
    failed half-way. Columns and their types are the contract's, or given.
#}
{% macro built_or_empty(name, columns=none) %}
    {%- set relation = ref(name) -%}
    {#- A unit test's rows stand in a CTE, which no database lists. -#}
    {%- if execute and relation.schema and load_relation(relation) is none and not relation.identifier.startswith('__dbt__cte__') -%}
        {%- set types = columns or {} -%}
        {%- if not columns -%}
            {%- set node = graph.nodes.values() | selectattr('name', 'equalto', name) | first -%}
            {%- for column in node.columns.values() %}{% do types.update({column.name: column.data_type}) %}{% endfor -%}
        {%- endif -%}
        (
            select
                {% for column, type in types.items() %}cast(null as {{ type }}) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
            where false
        )
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{% endmacro %}
