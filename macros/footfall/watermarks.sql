{#
    What each incremental footfall model was last built from is its watermark: a row a store in int_footfall__build_watermarks, a copy of
    int_footfall__store_feeds as the model saw it. The next build compares the two and rebuilds what differs.
#}

{% macro incremental_footfall_models() %}
    {{ return([
        'int_footfall__unusable_readings',
        'fct_sensor_visits_hourly', 'fct_store_visits_hourly', 'fct_sensor_visits_daily', 'fct_store_visits_daily',
        'fct_sensor_health_daily',
    ]) }}
{% endmacro %}

{# Post-hook of each of them, in the transaction that writes the model: a build killed in between leaves both or neither. #}
{% macro save_watermark() %}{{ return(adapter.dispatch('save_watermark', 'tally')()) }}{% endmacro %}

{# A DuckLake's merge takes one action on what it finds. There are transactions there, so that two statements are one. #}
{% macro duckdb__save_watermark() %}
    {%- if adapter.is_ducklake(this) %}
        delete from {{ ref('int_footfall__build_watermarks') }} where model_name = '{{ this.name }}';
        {{ insert_watermark() }}
    {%- else %}
        {{ default__save_watermark() }}
    {%- endif %}
{% endmacro %}

{% macro insert_watermark() %}
    {%- set columns = watermark_columns() -%}
    insert into {{ ref('int_footfall__build_watermarks') }} (model_name, store_id, {{ columns | join(', ') }})
    select '{{ this.name }}', store_id, {{ columns | join(', ') }} from {{ ref('int_footfall__store_feeds') }}
{% endmacro %}

{#
    Two models may save theirs at the same moment: each overwrites its own partition, where two merges into one table refuse each other.
    The columns come in the order of the table.
#}
{% macro spark__save_watermark() %}
    insert overwrite table {{ ref('int_footfall__build_watermarks') }} partition (model_name = '{{ this.name }}')
    select store_id, {{ watermark_columns() | join(', ') }} from {{ ref('int_footfall__store_feeds') }}
{% endmacro %}

{% macro watermark_columns() %}{{ return(['first_hour_at', 'newest_hour_at', 'reference_fingerprint', 'newest_load_id']) }}{% endmacro %}

{% macro default__save_watermark() %}
    {%- set columns = watermark_columns() -%}
    merge into {{ ref('int_footfall__build_watermarks') }} as saved
    using (
        select
            '{{ this.name }}' as model_name,
            store_id,
            {{ columns | join(', ') }}
        from {{ ref('int_footfall__store_feeds') }}
    ) as seen
    on saved.model_name = seen.model_name and saved.store_id = seen.store_id
    when matched then update set {% for column in columns %}{{ column }} = seen.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    when not matched then
        insert (model_name, store_id, {{ columns | join(', ') }})
        values (seen.model_name, seen.store_id, {% for column in columns %}seen.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
    when not matched by source and saved.model_name = '{{ this.name }}' then delete
{% endmacro %}

{#
    True when every store's whole history is to be rebuilt: a full refresh, or one of the models is not there, or a migration was.
    At parse time, and in `dbt compile` on an empty warehouse, nothing is there.
#}
{% macro rebuilds_all_footfall() %}
    {% if not execute or flags.FULL_REFRESH %}{{ return(true) }}{% endif %}
    {% for name in incremental_footfall_models() %}
        {% set schema = 'intermediate' if name.startswith('int_') else 'marts' %}
        {% set relation = adapter.get_relation(target.database, schema, name) %}
        {% if relation is none or waits_for_full_refresh(relation) %}{{ return(true) }}{% endif %}
    {% endfor %}
    {{ return(false) }}
{% endmacro %}

{#
    The newest load that every incremental model has seen, as text: a filter on a literal reads only the newest rows.
    '' when one of them has seen none.
#}
{% macro newest_load_built() %}
    {% set watermarks = ref('int_footfall__build_watermarks') %}
    {% if rebuilds_all_footfall() %}{{ return('') }}{% endif %}
    {% set query %}
        select min(newest_load_id)
        from (select max(newest_load_id) as newest_load_id from {{ watermarks }} group by model_name) as models
    {% endset %}
    {{ return(single_value(query) or '') }}
{% endmacro %}

{# The newest load among the rows of a relation that has the column `newest_load_id`, as text; '' when it has none. #}
{% macro newest_load_in(relation) %}
    {% set query %} select max(newest_load_id) from {{ relation }} {% endset %}
    {{ return(single_value(query) or '') }}
{% endmacro %}

{# The ids of the sensors of the stores whose whole history is rebuilt, for a filter on literals. #}
{% macro sensors_of_changed_stores() %}
    {% set sensor_periods = ref('int_footfall__sensor_periods') %}
    {% set changed_stores = ref('int_footfall__changed_stores') %}
    {% set store_versions = ref('int_footfall__store_versions') %}
    {# `dbt compile` on an empty warehouse finds no table. #}
    {% if not execute or load_relation(changed_stores) is none %}{{ return([]) }}{% endif %}
    {% set query %}
        with changed_stores as (
            select store_id, rebuilds_all from {{ changed_stores }}
        )
        select sensor_id
        from {{ sensor_periods }}
        where
            store_id in (select store_id from changed_stores where rebuilds_all)
            {# one that has left its store for one that nobody knows #}
            or (
                exists (select 1 from changed_stores where rebuilds_all)
                and store_id not in (select store_id from {{ store_versions }})
            )
        group by sensor_id
    {% endset %}
    {{ return(run_query(query).columns[0].values() | list) }}
{% endmacro %}
