{% macro existing_tables(schemas) %}{{ return(adapter.dispatch('existing_tables', 'tally')(schemas)) }}{% endmacro %}

{% macro duckdb__existing_tables(schemas) %}
    {% call statement('existing_tables', fetch_result=True, auto_begin=False) %}{{ tables_and_rows(schemas) }}{% endcall %}
    {% set found = [] %}
    {% for row in load_result('existing_tables').table.rows %}{% do found.append((row[0], row[1])) %}{% endfor %}
    {{ return(found) }}
{% endmacro %}

{# A session's temporary views are in no schema. #}
{% macro spark__existing_tables(schemas) %}
    {% set found = [] %}
    {% if not execute %}{{ return(found) }}{% endif %}
    {% for schema in run_query('show databases').columns[0].values() if schema in schemas %}
        {% for row in run_query('show tables in ' ~ schema).rows if row[0] %}{% do found.append((schema, row[1])) %}{% endfor %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
