{#
    In place of dbt-duckdb's own, which asks twice for columns that a contract has checked already and sends two statements: one statement costs a
    mart 8 ms of processor, two or three times less.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set comments = comments_on(relation) -%}
    {%- if comments %}{% call statement('persist_docs') %}{{ comments }}{% endcall %}{% endif -%}
{% endmacro %}

{# The statements that give a relation its model's descriptions, as the config `persist_docs` says. #}
{% macro comments_on(relation) %}
    {%- set columns = model.columns.values() | selectattr('description') | list if config.persist_column_docs() else [] -%}
    {%- if config.persist_relation_docs() and model.description -%}
        comment on {{ relation.type }} {{ relation }} is '{{ model.description | replace("'", "''") }}';
    {%- endif -%}
    {%- for column in columns %}
        comment on column {{ relation }}.{{ adapter.quote(column.name) }} is '{{ column.description | replace("'", "''") }}';
    {%- endfor -%}
{% endmacro %}
