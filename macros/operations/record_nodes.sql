{#
    raw_operations.unfinished_nodes: the models, seeds and tests that a dbt run has begun and that no run has ended well since: failed,
    skipped, or killed with their run. A partial build that ends well says nothing about the others; publishing waits until there are none.
    The alerts' small run begins nothing: it reads what is there.
#}
{% macro record_nodes_begun() %}
    {%- if is_recorded() and run_name() != 'alerts' -%}
        {#- An ephemeral model is part of those that read it, and never ends by itself. -#}
        {%- set begun = [] -%}
        {%- for node_id in selected_resources if node_id in graph.nodes and graph.nodes[node_id].config.materialized != 'ephemeral' -%}
            {%- do begun.append(node_id) -%}
        {%- endfor -%}
        {%- if begun -%}
            insert into raw_operations.unfinished_nodes (node_id, run_id)
            select begun.node_id, '{{ invocation_id }}'
            from (values {% for node_id in begun %}('{{ node_id }}'){{ ', ' if not loop.last }}{% endfor %}) as begun (node_id)
            where not exists (select 1 from raw_operations.unfinished_nodes as known where known.node_id = begun.node_id)
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro record_nodes_ended(results) %}
    {%- set ended = results | selectattr('status', 'in', ['success', 'pass', 'warn']) | map(attribute='node.unique_id') | list -%}
    {%- if is_recorded() and ended -%}
        delete from raw_operations.unfinished_nodes where node_id in {{ literals(ended) }}
    {%- endif -%}
{% endmacro %}

{# What the project no longer has can neither end well nor fail. (dbt does not list unit tests in `graph`.) #}
{% macro delete_removed_nodes(table) %}
    {%- if is_recorded() -%}
        delete from raw_operations.{{ table }}
        where substring(node_id, 1, 10) <> 'unit_test.' and node_id not in {{ literals(graph.nodes) }}
    {%- endif -%}
{% endmacro %}
