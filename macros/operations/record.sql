{# The two hooks of a dbt run. Each hook is a node to dbt, which costs as much as a small model: what is written at one moment is one hook. #}
{% macro record_start() %}
    {{- in_turn([end_killed_runs(), record_run_started(), delete_removed_nodes('unfinished_nodes'), record_nodes_begun()]) -}}
{% endmacro %}

{% macro record_end(results) %}
    {{- in_turn([
        record_nodes_ended(results), record_full_refreshes(results), record_run_ended(results), record_test_results(results),
        delete_removed_nodes('test_results'), record_size(),
    ]) -}}
{% endmacro %}

{# Statements one after another, without those that are empty: one transaction where the engine has transactions of several statements. #}
{% macro in_turn(statements) %}
    {%- set said = statements | map('trim') | select | list -%}
    {{- return(adapter.dispatch('in_turn', 'tally')(said)) -}}
{% endmacro %}

{% macro default__in_turn(statements) %}
    {%- for each in statements %}
        {%- call statement('in_turn', auto_begin=False) %}{{ each }}{% endcall %}
    {%- endfor -%}
    {{- return('') -}}
{% endmacro %}

{% macro duckdb__in_turn(statements) %}
    {{- return(statements | join(';\n')) -}}
{% endmacro %}
