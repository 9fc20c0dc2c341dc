{#
    How a data test runs on DuckDB: counts first, and keeps the failing rows in `test_failures` only where there are any. dbt's own way
    makes a table for each test that passes as well, which is more than half of what a test costs. A table is there exactly
    while its test fails or warns.
#}
{% materialization test, adapter='duckdb' %}
    {% set relations = [] %}
    {% set failing_rows = get_limit_subquery_sql(sql, config.get('limit')) %}

    {#- One query needs no transaction of its own. -#}
    {% call statement('main', fetch_result=True, auto_begin=False) %}
        {{ get_test_sql(failing_rows, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {% endcall %}

    {% if should_store_failures() %}
        {% set kept = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) %}
        {% set fails = load_result('main').table.rows[0][0] | int > 0 %}
        {% if kept %}{% do adapter.drop_relation(kept) %}{% endif %}
        {% if fails %}
            {% set target = api.Relation.create(database=database, schema=schema, identifier=model['alias'], type='table') %}
            {% call statement('kept', auto_begin=True) %}
                {{ get_create_sql(target, failing_rows) }}
            {% endcall %}
            {% do relations.append(target) %}
        {% endif %}
        {% if kept or fails %}{% do adapter.commit() %}{% endif %}
    {% endif %}

    {{ return({'relations': relations}) }}
{% endmaterialization %}
