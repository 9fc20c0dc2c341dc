{#
    A warehouse into which only some sources (or none) were loaded builds all the same: the raw tables that are
    missing are made here, empty, as ingestion would make them.
#}
{% macro create_missing_tables() %}
    {% if execute %}
        {% for schema, tables in raw_tables().items() %}
            {% call statement('create_schema', fetch_result=False, auto_begin=False) %}create schema if not exists {{ schema }}{% endcall %}
            {% for table, columns in tables.items() %}
                {% call statement('create_table', fetch_result=False, auto_begin=False) %}
                    create table if not exists {{ schema }}.{{ table }} (
                        {% for column, type in columns.items() %}{{ column }} {{ type }}{{ ', ' if not loop.last }}{% endfor %}
                    )
                {% endcall %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
