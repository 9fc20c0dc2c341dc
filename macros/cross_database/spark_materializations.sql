{#
    How tables come about on Spark, in place of dbt-spark's own ways: those drop a table before it is made anew, describe its columns one statement a column, and refuse
    incremental strategies that they do not know. Here what changes a table is one statement, which Iceberg commits at once: a reader finds the earlier rows or
    the new ones, and so does the next build after one that was killed.
#}
{% materialization table, adapter='spark' %}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% do replace_table(target, compiled_code) %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
    Spark plans a view anew within each query that reads it: the sensors' hours, fifteen views deep and each read several times, filled three gigabytes with plans.
    So only staging, which renames, is made of views there.
#}
{% materialization view, adapter='spark' %}
    {%- set is_table = model.fqn[1] != 'staging' -%}
    {%- set target = this.incorporate(type='table' if is_table else 'view') -%}
    {{ run_hooks(pre_hooks) }}
    {%- if is_table -%}
        {% do replace_table(target, compiled_code) %}
    {%- else -%}
        {% call statement('main') %}create or replace view {{ target }} as {{ compiled_code }}{% endcall %}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='spark' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set earlier = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if earlier is none or earlier.is_view or should_full_refresh() -%}
        {% do replace_table(target, compiled_code) %}
    {%- else -%}
        {%- set new_rows = session_view(this) -%}
        {%- call statement('new_rows') -%}create or replace temporary view {{ new_rows }} as {{ compiled_code }}{%- endcall -%}
        {% do process_schema_changes(config.get('on_schema_change', 'ignore'), new_rows, earlier) %}
        {%- call statement('main') -%}
            {{ context['get_incremental_' ~ config.get('incremental_strategy') | replace('+', '_') ~ '_sql']({
                'target_relation': target,
                'temp_relation': new_rows,
                'unique_key': config.get('unique_key'),
                'dest_columns': adapter.get_columns_in_relation(target),
            }) }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
    Columns get their descriptions from a view that has them: a table that is made from a query cannot say any. Hive's catalog keeps 256 characters of each. Only models
    with a contract are described, whose columns are known.
#}
{% macro replace_table(target, compiled_code) %}
    {%- set earlier = load_relation(target) -%}
    {%- if earlier is not none and earlier.is_view %}{% do adapter.drop_relation(earlier) %}{% endif -%}
    {%- set rows = compiled_code -%}
    {%- if config.get('contract').enforced -%}
        {%- set described = session_view(target) -%}
        {% call statement('described') %}
            {{ get_assert_columns_equivalent(compiled_code) }}
            create or replace temporary view {{ described }} (
                {% for column in model.columns.values() %}{{ column.name }} comment {{ catalog_text(column.description | truncate(255, true, '…', 0)) }}{{ ', ' if not loop.last }}{% endfor %}
            ) as {{ get_select_subquery(compiled_code) }}
        {% endcall %}
        {%- set rows = 'select * from ' ~ described -%}
    {%- endif -%}
    {% call statement('main') %}
        create or replace table {{ target }} {{ table_format() }}
        {%- if config.get('partition_by') %} partitioned by ({{ config.get('partition_by') }}){% endif %} comment {{ catalog_text(model.description) }} as {{ rows }}
    {% endcall %}
{% endmacro %}

{# A view of this session's alone, which is in no schema. #}
{% macro session_view(relation) %}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ '__dbt_tmp'}).include(database=false, schema=false)) }}
{% endmacro %}
