{#
    A warehouse into which only some sources (or none) were loaded builds all the same: the raw tables that are
    missing are made here, empty, as ingestion would make them.
#}
{% macro create_missing_tables() %}
    {% if execute %}
        {% for schema, tables in raw_tables().items() %}
            {% do run_query('create schema if not exists ' ~ schema) %}
            {% for table, columns in tables.items() %}
                {% set definitions = [] %}
                {% for column, type in columns.items() %}{% do definitions.append(column ~ ' ' ~ type) %}{% endfor %}
                {% do run_query('create table if not exists ' ~ schema ~ '.' ~ table ~ ' (' ~ definitions | join(', ') ~ ')') %}
            {% endfor %}
        {% endfor %}
    {% endif %}
{% endmacro %}
