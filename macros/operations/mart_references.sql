{#- One `select` a mart and column that refers to another mart, as the `relationships` of its `rules` say: dbt alone knows. -#}
{% macro mart_references() %}
    {%- set found = {} %}
    {%- for test in (graph.nodes.values() if execute else []) if test.resource_type == 'test' and test.test_metadata and test.test_metadata.name == 'rules' %}
        {%- set mart = graph.nodes.get(test.attached_node) %}
        {%- for column, other in (test.test_metadata.kwargs.relationships or {}).items() if mart and mart.fqn[1] == 'marts' %}
            {#- As it is written: ref('dim_stores'). -#}
            {%- set other_mart = other.to.split("'")[1] %}
            {%- if graph.nodes.get('model.' ~ project_name ~ '.' ~ other_mart, mart).fqn[1] == 'marts' %}
                {%- do found.update({[mart.name, column] | join('.'): [mart.name, column, other_mart, other.field]}) %}
            {%- endif %}
        {%- endfor %}
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
