{% macro tables_and_rows(schemas) %}{{ return(adapter.dispatch('tables_and_rows', 'tally')(schemas)) }}{% endmacro %}

{% macro duckdb__tables_and_rows(schemas) -%}
    select
        schema_name,
        table_name,
        estimated_size as table_rows
    from duckdb_tables()
    where
        database_name = current_database()
        and schema_name in ({% for schema in schemas %}'{{ schema }}'{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
