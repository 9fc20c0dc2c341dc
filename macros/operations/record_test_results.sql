{#
    raw_operations.test_results: the newest result of every test, and of every model and seed that was built or could not be, one row each.
    Alerts read it, in a run of their own after this one. No message is kept: it may hold a value out of the data.

    One MERGE and no list of all results: the loop makes 700 runs a day of more than a hundred nodes each.
#}
{% macro record_test_results(results) %}
    {%- set rows = test_result_rows(results) if is_recorded() else [] -%}
    {%- set quote = dbt.escape_single_quotes("'") -%}
    {%- if rows -%}
        merge into raw_operations.test_results as known
        using (
            select
                node_id,
                name,
                resource_type,
                cast(tested_model as {{ dbt.type_string() }}) as tested_model,
                cast(tested_column as {{ dbt.type_string() }}) as tested_column,
                outcome,
                cast(failures as bigint) as failures,
                cast(seconds as double) as seconds,
                {{ dbt.current_timestamp() }} as tested_at
            from (
                values
                {% for row in rows %}
                ({% for value in row %}
                    {#- Not by a macro: hundreds of rows of eight values are half a second of calls. -#}
                    {%- if value is none %}null{% elif value is number %}{{ value }}{% else %}'{{ value | replace("'", quote) }}'{% endif -%}
                    {{ ', ' if not loop.last }}
                {%- endfor %}){{ ',' if not loop.last }}
                {% endfor %}
            ) as found (node_id, name, resource_type, tested_model, tested_column, outcome, failures, seconds)
        ) as found
            on known.node_id = found.node_id
        when matched then update set
            name = found.name,
            tested_model = found.tested_model,
            tested_column = found.tested_column,
            outcome = found.outcome,
            failures = found.failures,
            seconds = found.seconds,
            run_id = '{{ invocation_id }}',
            tested_at = found.tested_at,
            failing_since = case when found.outcome in ('fail', 'error') then coalesce(known.failing_since, found.tested_at) end
        when not matched then insert (
            node_id, name, resource_type, tested_model, tested_column, outcome, failures, seconds, run_id, tested_at, failing_since
        ) values (
            found.node_id, found.name, found.resource_type, found.tested_model, found.tested_column, found.outcome, found.failures, found.seconds,
            '{{ invocation_id }}', found.tested_at, case when found.outcome in ('fail', 'error') then found.tested_at end
        )
    {%- endif -%}
{% endmacro %}

{# Of each test, model and seed that ran: id, name, type, tested model and column, outcome, rows that failed, seconds. #}
{% macro test_result_rows(results) %}
    {%- set outcomes = {'pass': 'pass', 'success': 'pass', 'warn': 'warn', 'fail': 'fail', 'error': 'error', 'runtime error': 'error'} -%}
    {%- set rows = [] -%}
    {%- for result in results if result.status | string in outcomes and result.node.resource_type in ('test', 'unit_test', 'model', 'seed') -%}
        {%- set node = result.node -%}
        {%- if node.resource_type == 'unit_test' -%}
            {%- set tested_model = node.model -%}
        {%- else -%}
            {%- set tested_model = graph.nodes[node.attached_node].name if node.attached_node in graph.nodes else none -%}
        {%- endif -%}
        {%- do rows.append([
            node.unique_id, node.name, node.resource_type | string, tested_model, node.column_name or none, outcomes[result.status | string],
            result.failures, result.execution_time,
        ]) -%}
    {%- endfor -%}
    {{ return(rows) }}
{% endmacro %}

{# A text, a number or nothing as SQL writes it. #}
{% macro sql_literal(value) -%}
    {%- if value is none %}null{% elif value is number %}{{ value }}{% else %}'{{ dbt.escape_single_quotes(value) }}'{% endif -%}
{%- endmacro %}
