{# A query for schema_name, table_name and table_rows of the tables in some schemas, as the database itself keeps count of them. #}
{% macro tables_and_rows(schemas) %}{{ return(adapter.dispatch('tables_and_rows', 'tally')(schemas)) }}{% endmacro %}

{% macro default__tables_and_rows(schemas) -%}
    select
        schema_name,
        table_name,
        estimated_size as table_rows
    from duckdb_tables()
    where
        database_name = current_database()
        and schema_name in ({% for schema in schemas %}'{{ schema }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
