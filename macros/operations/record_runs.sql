{# Whether this command leaves a record: those that build or test. A command that only reads, such as `dbt source freshness`, leaves none. #}
{% macro is_recorded() %}
    {{- return(execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot', 'test')) -}}
{% endmacro %}

{# What a dbt run is called. The alerts' small run is no build: it says nothing about the marts, and publishes nothing. #}
{% macro run_name() %}
    {%- set chosen = invocation_args_dict.get('select') or [] -%}
    {{- return('alerts' if chosen | list == ['tag:alerts'] else 'dbt ' ~ flags.WHICH) -}}
{% endmacro %}

{# Only one process can write, so a run that still says `running` was killed. #}
{% macro end_killed_runs() %}
    {%- if is_recorded() -%}
        update raw_operations.runs
        set outcome = 'failed', message = 'killed before it ended'
        where outcome = 'running' and (what like 'dbt %' or what = 'alerts')
    {%- endif -%}
{% endmacro %}

{# Every dbt run leaves one row in raw_operations.runs: `running` at its start, `ok` or `failed` at its end. #}
{% macro record_run_started() %}
    {%- if is_recorded() -%}
        insert into raw_operations.runs (run_id, what, source, started_at, ended_at, outcome, rows_new, rows_changed, rows_rejected, message)
        values (
            '{{ invocation_id }}', '{{ run_name() }}', null, {{ utc_literal(run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')) }}, null, 'running',
            null, null, null, null
        )
    {%- endif -%}
{% endmacro %}

{% macro record_run_ended(results) %}
    {%- if is_recorded() -%}
        {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | map(attribute='node.name') | list -%}
        {%- set names = failed[:5] | join(', ') -%}
        update raw_operations.runs
        set
            ended_at = {{ dbt.current_timestamp() }},
            outcome = '{{ 'failed' if failed else 'ok' }}',
            message = {% if failed %}'{{ failed | length }} of {{ results | length }} nodes failed: {{ dbt.escape_single_quotes(names) }}'{% else %}null{% endif %}
        where run_id = '{{ invocation_id }}'
    {%- endif -%}
{% endmacro %}
