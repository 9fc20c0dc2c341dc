{#
    The models, seeds and tests that a dbt run has begun and that no run has ended well since: failed, skipped, or killed with
    their run. A partial build that ends well says nothing about the others; publishing waits until there are none.
    The alerts' small run begins nothing: it stands on whatever is there.
#}
{% macro record_nodes_begun() %}
    {% if execute %}
        {# What the project no longer has can never be built well. #}
        {% set open = run_query('select node_id from raw_operations.unfinished_nodes').columns[0].values() %}
        {% set gone = [] %}
        {% for node_id in open if node_id not in graph.nodes %}{% do gone.append(dbt.string_literal(node_id)) %}{% endfor %}
        {% if gone %}{% do run_query('delete from raw_operations.unfinished_nodes where node_id in (' ~ gone | join(', ') ~ ')') %}{% endif %}
        {% set begun = [] %}
        {% for node_id in selected_resources if node_id in graph.nodes and node_id not in open and run_name() != 'alerts' %}
            {% do begun.append('(' ~ dbt.string_literal(node_id) ~ ", '" ~ invocation_id ~ "')") %}
        {% endfor %}
        {% if begun %}{% do run_query('insert into raw_operations.unfinished_nodes (node_id, run_id) values ' ~ begun | join(', ')) %}{% endif %}
    {% endif %}
{% endmacro %}

{% macro record_nodes_ended(results) %}
    {% if execute %}
        {% set ended = [] %}
        {% for result in results if result.status in ('success', 'pass', 'warn') %}
            {% do ended.append(dbt.string_literal(result.node.unique_id)) %}
        {% endfor %}
        {% if ended %}{% do run_query('delete from raw_operations.unfinished_nodes where node_id in (' ~ ended | join(', ') ~ ')') %}{% endif %}
    {% endif %}
{% endmacro %}
