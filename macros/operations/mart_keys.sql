{#- One `select` a mart and column: the primary key, the shortest that the mart's `rules` call unique. What takes rows out of the warehouse
    asks for it, and dbt alone knows. -#}
{% macro mart_keys() %}
    {%- set keys = {} %}
    {%- for test in (graph.nodes.values() if execute else []) if test.resource_type == 'test' and test.test_metadata and test.test_metadata.name == 'rules' %}
        {%- set model = graph.nodes.get(test.attached_node) %}
        {%- for key in test.test_metadata.kwargs.unique or [] if model and model.fqn[1] == 'marts' %}
            {%- set known = keys.get(model.name) %}
            {%- if not known or [key | length, key] < [known | length, known] %}
                {%- do keys.update({model.name: key}) %}
            {%- endif %}
        {%- endfor %}
    {%- endfor %}
    {%- for mart, key in keys.items() | sort %}
        {%- for column in key %}
            select {{ dbt.string_literal(mart) }} as mart, {{ loop.index }} as position, {{ dbt.string_literal(column) }} as column_name
            union all
        {%- endfor %}
    {%- endfor %}
    select cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_int() }}), cast(null as {{ dbt.type_string() }}) where false
{% endmacro %}
