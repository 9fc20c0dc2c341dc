{#
    A warehouse into which only some sources (or none) were loaded builds all the same: the raw tables that are
    missing are made here, empty, as ingestion would make them. What is there is asked once: a statement a table would cost each run a second.
    Each statement is a transaction of its own.
#}
{% macro create_missing_tables() %}
    {% if execute %}
        {% do check_time_zone() %}
        {% set schemas = raw_tables() %}
        {% do schemas.update(forecast_tables()) %}
        {% set known = existing_tables(schemas) %}
        {% for schema, tables in schemas.items() %}
            {% for table, columns in tables.items() if (schema, table) not in known %}
                {% call statement('create_schema', fetch_result=False, auto_begin=False) %}create schema if not exists {{ schema }}{% endcall %}
                {% call statement('create_table', fetch_result=False, auto_begin=False) %}
                    create table if not exists {{ schema }}.{{ table }} (
                        {% for column, type in columns.items() %}{{ column }} {{ raw_type(type) }}{{ ', ' if not loop.last }}{% endfor %}
                    ) {{ table_format() }}
                {% endcall %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
