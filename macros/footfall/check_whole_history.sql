{#
    Pre-hook: a fact that is built anew needs the whole history from the models before it, and they hold only the days of the last build when
    it is selected alone. A wrong figure is worse than none.
#}
{% macro check_whole_history() %}
    {# Outside of the condition, so that dbt sees at parse time what replace_days will need. #}
    {% set days = [ref('int_footfall__rebuild_days'), ref('int_footfall__read_ranges')] %}
    {% set feeds = ref('int_footfall__store_feeds') %}
    {% set changed_stores = ref('int_footfall__changed_stores') %}
    {% if execute and not is_incremental() %}
        {% set query %}
            select count(*)
            from {{ feeds }}
            where
                first_hour_at is not null
                and store_id not in (select store_id from {{ changed_stores }} where rebuilds_all)
        {% endset %}
        {% if single_value(query) > 0 %}
            {% do exceptions.raise_compiler_error(
                this.name ~ ' is to be built anew, but the models before it hold only the last days: run `dbt build'
                ~ (' --full-refresh' if flags.FULL_REFRESH else '') ~ ' --select +' ~ this.name ~ '+`'
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
