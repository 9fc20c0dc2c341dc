{#
    Incremental strategy `replace_days`: the days that int_footfall__rebuild_days names leave the target, whatever
    hung on them (and all days of a store whose whole history is rebuilt, also those that it no longer has), and the
    model's rows for those days come in, in one transaction. (Replacing by key would leave a row
    behind that a correction took away: an hour of a sensor that turns out to have been removed earlier.)
    The config `meta.replaces` says which of the two sets of days: `rebuilds_hours` or `rebuilds_days`.
#}
{% macro get_incremental_replace_days_sql(arguments) %}
    {% set days = ref('int_footfall__rebuild_days') %}
    {% set flag = config.get('meta').replaces %}
    {% set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) %}
    {% set changed = ref('int_footfall__store_changes') %}
    {% if run_query('select 1 from ' ~ changed ~ ' where rebuilds_all limit 1').rows %}
        delete from {{ arguments['target_relation'] }}
        where store_id in (select store_id from {{ changed }} where rebuilds_all);
    {% endif %}
    {% set bounds = run_query('select min(visit_date), max(visit_date) from ' ~ days ~ ' where ' ~ flag).rows[0] %}
    {% if bounds[0] is not none %}
        delete from {{ arguments['target_relation'] }}
        where
            visit_date between date '{{ bounds[0] }}' and date '{{ bounds[1] }}'
            and (store_id, visit_date) in (select store_id, visit_date from {{ days }} where {{ flag }});
    {% endif %}
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{% endmacro %}

{#
    Pre-hook: a model that is built anew needs the whole history from the models before it, and they hold only the
    days of the last build when it is selected alone. A wrong figure is worse than none.
#}
{% macro check_whole_history() %}
    {# Outside of the condition, so that dbt sees at parse time what replace_days will need. #}
    {% set days = ref('int_footfall__rebuild_days') %}
    {% set stores = ref('int_footfall__store_changes') %}
    {% if execute and not is_incremental() %}
        {% set missing = run_query(
            'select count(*) from ' ~ stores ~ ' where first_hour_at is not null and not rebuilds_all'
        ).rows[0][0] %}
        {% if missing > 0 %}
            {% do exceptions.raise_compiler_error(
                this.name ~ ' is to be built anew, but the models before it hold only the last days: run `dbt build'
                ~ (' --full-refresh' if flags.FULL_REFRESH else '') ~ ' --select +' ~ this.name ~ '+`'
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
