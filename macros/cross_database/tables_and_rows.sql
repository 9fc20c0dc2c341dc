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

{# Iceberg counts a table's rows without reading them. #}
{% macro spark__tables_and_rows(schemas) -%}
    {%- for schema, table in existing_tables(schemas) %}
    select
        '{{ schema }}' as schema_name,
        '{{ table }}' as table_name,
        count(*) as table_rows
    from {{ schema }}.{{ table }}
    union all
    {%- endfor %}
    select
        cast(null as string) as schema_name,
        cast(null as string) as table_name,
        cast(null as bigint) as table_rows
    where false
{%- endmacro %}
