{#
    What each incremental footfall model was last built from, so that the next build knows what to rebuild:
    one row a model and store with the feed's bounds, a fingerprint of all reference data, and the newest
    `_dlt_load_id` seen among the readings. A model's rows are replaced in the transaction that writes the model,
    so that a build killed in between finds both or neither.
#}
{% macro footfall_build_state() %}{{ return('intermediate.footfall_build_state') }}{% endmacro %}

{% macro create_footfall_build_state() %}
    {% do run_query('create schema if not exists intermediate') %}
    {% do run_query(
        'create table if not exists ' ~ footfall_build_state() ~ ' ('
        ~ 'model_name varchar, store_id varchar, first_hour_at timestamp, newest_hour_at timestamp, '
        ~ 'reference_fingerprint varchar, newest_load_id varchar)'
    ) %}
{% endmacro %}

{% macro incremental_footfall_models() %}
    {{ return([
        'int_footfall__unusable_readings',
        'fct_sensor_visits_hourly', 'fct_store_visits_hourly', 'fct_sensor_visits_daily', 'fct_store_visits_daily',
        'fct_sensor_health_daily',
    ]) }}
{% endmacro %}

{# Post-hook of each of them. #}
{% macro remember_build() %}
    delete from {{ footfall_build_state() }} where model_name = '{{ this.name }}';
    insert into {{ footfall_build_state() }}
    select '{{ this.name }}', store_id, first_hour_at, newest_hour_at, reference_fingerprint, newest_load_id
    from {{ ref('int_footfall__store_changes') }}
{% endmacro %}

{#
    True when every store's whole history is to be rebuilt: a full refresh, or one of the models is not there.
    At parse time, and in `dbt compile` on an empty warehouse, nothing is there.
#}
{% macro rebuilds_all_footfall() %}
    {% if not execute or flags.FULL_REFRESH %}{{ return(true) }}{% endif %}
    {% for name in incremental_footfall_models() %}
        {% set schema = 'intermediate' if name.startswith('int_') else 'marts' %}
        {% if adapter.get_relation(target.database, schema, name) is none %}{{ return(true) }}{% endif %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}

{#
    The newest load that every incremental model has seen, as a literal: a filter on it reads only the newest rows.
    '' when one of them has seen none.
#}
{% macro newest_load_built() %}
    {% if rebuilds_all_footfall() %}{{ return('') }}{% endif %}
    {% set rows = run_query(
        "select min(newest) from (select model_name, max(newest_load_id) as newest from " ~ footfall_build_state()
        ~ " group by model_name)"
    ) %}
    {{ return((rows.columns[0].values()[0] if rows and rows.rows else none) or '') }}
{% endmacro %}

{# The newest load among the rows of a model that has the column `newest_load_id`, as a literal. #}
{% macro newest_load_in(relation) %}
    {{ return(run_query('select max(newest_load_id) from ' ~ relation).columns[0].values()[0] or '') }}
{% endmacro %}

{#
    `or sensor_id in (…)` with the sensors of the stores whose whole history is rebuilt, '' when there are none: a condition that is
    not there reads nothing, a subquery that finds nothing reads everything to find it.
#}
{% macro or_sensor_of_a_changed_store() %}
    {% set rows = run_query(
        'select sensor_id from ' ~ ref('int_footfall__sensor_doors') ~ ' where store_id in (select store_id from '
        ~ ref('int_footfall__store_changes') ~ ' where rebuilds_all)'
    ) %}
    {% set literals = [] %}
    {% for sensor_id in rows.columns[0].values() %}{% do literals.append("'" ~ sensor_id | replace("'", "''") ~ "'") %}{% endfor %}
    {{ return('or sensor_id in (' ~ literals | join(', ') ~ ')' if literals else '') }}
{% endmacro %}
