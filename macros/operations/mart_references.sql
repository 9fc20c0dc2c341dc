{#- One `select` a mart and column that refers to another mart, as the column's own test of relationships says: dbt alone knows. -#}
{% macro mart_references() %}
    {%- set found = {} %}
    {%- for test in (graph.nodes.values() if execute else []) if test.resource_type == 'test' and test.test_metadata and test.attached_node %}
        {%- set mart = graph.nodes.get(test.attached_node) %}
        {%- if mart and mart.fqn[1] == 'marts' and test.test_metadata.name in ('relationships', 'relationships_in_rebuilt_days') %}
            {%- set other = graph.nodes.get(test.depends_on.nodes | reject('equalto', test.attached_node) | first) or mart %}
            {%- if other.fqn[1] == 'marts' %}
                {%- do found.update({[mart.name, test.column_name] | join('.'): [mart.name, test.column_name, other.name, test.test_metadata.kwargs.field]}) %}
            {%- endif %}
        {%- endif %}
    {%- endfor %}
    {%- for _, names in found.items() | sort %}
        select
            {{ dbt.string_literal(names[0]) }} as mart,
            {{ dbt.string_literal(names[1]) }} as column_name,
            {{ dbt.string_literal(names[2]) }} as other_mart,
            {{ dbt.string_literal(names[3]) }} as other_column_name
        union all
    {%- endfor %}
    select {% for _ in range(4) %}cast(null as {{ dbt.type_string() }}){{ ', ' if not loop.last }}{% endfor %} where false
{% endmacro %}
