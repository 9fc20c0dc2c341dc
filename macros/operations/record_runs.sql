{# Whether this command leaves a record: those that build or test. A command that only reads, such as `dbt source freshness`, leaves none. #}
{% macro is_recorded() %}
    {{- return(execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot', 'test')) -}}
{% endmacro %}

{# What a dbt run is called. The alerts' small run is no build: it says nothing about the marts, and publishes nothing. #}
{% macro run_name() %}
    {%- set chosen = invocation_args_dict.get('select') or [] -%}
    {#- With or without the tests of what it computes (warehouse/dbt_runner.py). -#}
    {%- set others = [] -%}
    {%- for each in chosen if not each.startswith('tag:alerts') %}{% do others.append(each) %}{% endfor -%}
    {{- return('alerts' if chosen and not others else 'dbt ' ~ flags.WHICH) -}}
{% endmacro %}

{#
    One process writes at a time, to a file whoever it is, to a DuckLake under each writer's name (TALLY_WRITER): a run that still says `running`
    was killed.
#}
{% macro end_killed_runs() %}
    {%- if is_recorded() -%}
        update raw_operations.runs
        set outcome = 'failed', message = 'killed before it ended'
        where
            outcome = 'running'
            and (what like 'dbt %' or what = 'alerts')
            {%- if has_many_writers() %}
            and writer = {{ writer() }}
            {%- endif %}
    {%- endif -%}
{% endmacro %}

{% macro has_many_writers() %}{{ return(target.name == 'ducklake') }}{% endmacro %}

{# TALLY_WRITER, by default the machine's name, of which the plugin makes a function of DuckDB's (warehouse/dbt_plugin.py). #}
{% macro writer() %}{{ return(adapter.dispatch('writer', 'tally')()) }}{% endmacro %}

{% macro default__writer() %}cast(null as {{ dbt.type_string() }}){% endmacro %}

{% macro duckdb__writer() %}memory.main.writer(){% endmacro %}

{# Every dbt run leaves one row in raw_operations.runs: `running` at its start, `ok` or `failed` at its end. #}
{% macro record_run_started() %}
    {%- if is_recorded() -%}
        insert into raw_operations.runs (run_id, what, source, started_at, ended_at, outcome, rows_new, rows_changed, rows_rejected, message, writer)
        values (
            '{{ invocation_id }}', '{{ run_name() }}', null, {{ utc_literal(run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f')) }}, null, 'running',
            null, null, null, null, {{ writer() }}
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
