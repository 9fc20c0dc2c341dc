{#
    The newest result of every test, and of every model that could not be built, in raw_operations.test_results: one row each, replaced in one
    statement. Alerts read it, in a run of their own after this one. No message is kept: it may hold a value out of the data.
#}
{% macro record_test_results(results) %}
    {% if execute %}
        {% set now = utc_literal(modules.datetime.datetime.utcnow().strftime('%Y-%m-%d %H:%M:%S.%f')) %}
        {% set rows = [] %}
        {% for result in results if result.status in ('pass', 'warn', 'fail', 'error', 'success', 'runtime error') %}
            {% set node = result.node %}
            {% set is_test = node.resource_type in ('test', 'unit_test') %}
            {% set tested = graph.nodes.get(node.attached_node) if node.attached_node else none %}
            {% do rows.append(
                "(" ~ [
                    dbt.string_literal(node.unique_id), dbt.string_literal(node.name), dbt.string_literal(node.resource_type),
                    dbt.string_literal(tested.name if tested else node.model if node.resource_type == 'unit_test' else ''),
                    dbt.string_literal(node.column_name or ''),
                    dbt.string_literal({'success': 'pass', 'runtime error': 'error'}.get(result.status | string, result.status | string)),
                    result.failures if result.failures is not none else 'null', result.execution_time,
                ] | join(', ') ~ ")"
            ) if is_test or node.resource_type in ('model', 'seed') %}
        {% endfor %}
        {% if rows %}
            {% do run_query(
                "merge into raw_operations.test_results as known using (select node_id, name, resource_type, "
                ~ "nullif(tested_model, '') as tested_model, nullif(tested_column, '') as tested_column, outcome, "
                ~ "cast(failures as bigint) as failures, cast(seconds as double) as seconds, " ~ now ~ " as tested_at from (values "
                ~ rows | join(', ') ~ ") as found (node_id, name, resource_type, tested_model, tested_column, outcome, failures, seconds)) as found "
                ~ "on known.node_id = found.node_id when matched then update set name = found.name, tested_model = found.tested_model, "
                ~ "tested_column = found.tested_column, outcome = found.outcome, failures = found.failures, seconds = found.seconds, "
                ~ "run_id = '" ~ invocation_id ~ "', tested_at = found.tested_at, failing_since = case when found.outcome in ('fail', 'error') "
                ~ "then coalesce(known.failing_since, found.tested_at) end when not matched then insert (node_id, name, resource_type, "
                ~ "tested_model, tested_column, outcome, failures, seconds, run_id, tested_at, failing_since) values (found.node_id, found.name, "
                ~ "found.resource_type, found.tested_model, found.tested_column, found.outcome, found.failures, found.seconds, '"
                ~ invocation_id ~ "', found.tested_at, case when found.outcome in ('fail', 'error') then found.tested_at end)"
            ) %}
        {% endif %}
        {# What the project no longer has fails no more. #}
        {% set known = [] %}
        {% for unique_id in (graph.nodes.keys() | list) + (graph.get('unit_tests', {}).keys() | list) %}{% do known.append(dbt.string_literal(unique_id)) %}{% endfor %}
        {% do run_query(
            "delete from raw_operations.test_results where node_id not in (" ~ known | join(', ') ~ ") and resource_type <> 'unit_test'"
        ) %}
        {{ record_size(now) }}
    {% endif %}
{% endmacro %}

{# How large the warehouse was at the end of a run, and how much of it nothing uses. #}
{% macro record_size(now) %}{{ return(adapter.dispatch('record_size', 'tally')(now)) }}{% endmacro %}

{% macro default__record_size(now) %}{% endmacro %}

{% macro duckdb__record_size(now) %}
    {% do run_query(
        "insert into raw_operations.sizes select '" ~ invocation_id ~ "', " ~ now
        ~ ", block_size * total_blocks, block_size * free_blocks from pragma_database_size() where database_name = current_database()"
    ) %}
{% endmacro %}
