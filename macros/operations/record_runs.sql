{# What a dbt run is called. The alerts' small run is no build: it says nothing about the marts, and publishes nothing. #}
{% macro run_name() %}
    {%- set chosen = invocation_args_dict.get('select') or [] -%}
    {{- return('alerts' if chosen | list == ['tag:alerts'] else 'dbt ' ~ flags.WHICH) -}}
{% endmacro %}

{# Every dbt run leaves one row in raw_operations.runs: `running` at its start, `ok` or `failed` at its end. #}
{% macro record_run_started() %}
    {% if execute %}
        {# Only one process can write, so whatever still says `running` was killed. #}
        {% do run_query(
            "update raw_operations.runs set outcome = 'failed', message = 'killed before it ended' "
            ~ "where outcome = 'running' and (what like 'dbt %' or what = 'alerts')"
        ) %}
        {% do run_query(
            "insert into raw_operations.runs (run_id, what, started_at, outcome) values ('" ~ invocation_id ~ "', '"
            ~ run_name() ~ "', " ~ utc_literal(run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')) ~ ", 'running')"
        ) %}
    {% endif %}
{% endmacro %}

{% macro record_run_ended(results) %}
    {% if execute %}
        {% set failures = [] %}
        {% for result in results if result.status in ('error', 'fail', 'runtime error') %}
            {% do failures.append(result.node.name) %}
        {% endfor %}
        {% set message = failures | length ~ ' of ' ~ results | length ~ ' nodes failed: ' ~ failures[:5] | join(', ') %}
        {% do run_query(
            "update raw_operations.runs set ended_at = " ~ utc_literal(modules.datetime.datetime.utcnow().strftime('%Y-%m-%d %H:%M:%S.%f'))
            ~ ", outcome = '" ~ ('failed' if failures else 'ok') ~ "'"
            ~ (", message = '" ~ message | replace("'", "''") ~ "'" if failures else "")
            ~ " where run_id = '" ~ invocation_id ~ "'"
        ) %}
    {% endif %}
{% endmacro %}
