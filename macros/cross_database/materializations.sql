{#
    How a table and a view take the place of the earlier one on DuckDB: dropped, made under their own name and described, in one statement and one
    transaction. dbt-duckdb makes the new one under another name, renames the earlier one and the new one, and drops the earlier one, which are a third of
    what a small model costs. Both ways a reader finds the earlier one or the new one, and a build that is killed leaves the earlier one.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set target = this.incorporate(type='table') -%}
    {% do begin_replacement(target) %}
    {%- if model.language == 'sql' -%}
        {%- set create_sql = create_table_as(False, target, compiled_code) -%}
        {% call statement('main') -%}
            drop table if exists {{ target }};
            {{ create_sql }};
            {{ comments_on(target) }}
        {%- endcall %}
    {%- else -%}
        {#- A Python model writes on a connection of its own, so the earlier table goes when the new one is there. dbt allows it here only, in no macro. -#}
        {%- set made = make_intermediate_relation(target) -%}
        {% do drop_relation_if_exists(load_cached_relation(made)) %}
        {% call statement('main', language='python') -%}
            {{ create_table_as(False, made, compiled_code, 'python') }}
        {%- endcall %}
        {% call statement('renamed') -%}
            drop table if exists {{ target }};
            alter table {{ made }} rename to {{ target.include(database=False, schema=False) }};
            {{ comments_on(target) }}
        {%- endcall %}
    {%- endif -%}
    {% do end_replacement() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {% do begin_replacement(target) %}
    {%- set create_sql = get_create_view_as_sql(target, sql) -%}
    {% call statement('main') -%}
        drop view if exists {{ target }};
        {{ create_sql }};
        {{ comments_on(target) }}
    {%- endcall %}
    {% do end_replacement() %}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro begin_replacement(target) %}
    {%- set earlier = load_cached_relation(target) -%}
    {% do run_hooks(pre_hooks, inside_transaction=False) %}
    {% do run_hooks(pre_hooks, inside_transaction=True) %}
    {%- if earlier is not none and earlier.type != target.type -%}
        {% do adapter.drop_relation(earlier) %}
    {%- endif -%}
{% endmacro %}

{% macro end_replacement() %}
    {% do run_hooks(post_hooks, inside_transaction=True) %}
    {% do adapter.commit() %}
    {% do run_hooks(post_hooks, inside_transaction=False) %}
{% endmacro %}
