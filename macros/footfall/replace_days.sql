{#
    Incremental strategy `replace_days`: the model's rows take the place of what the target holds of the days that int_footfall__rebuild_days
    names, and of all days of a store whose whole history is rebuilt. (Replacing by key alone would leave a row behind that a correction took
    away: an hour of a sensor that turns out to have been removed earlier.) The config `meta.replaces` says which days: `hours_rebuilt` or
    `days_rebuilt`.
#}
{% macro get_incremental_replace_days_sql(arguments) %}
    {%- set purpose = config.get('meta').replaces -%}
    {%- set flag = {'hours_rebuilt': 'rebuilds_hours', 'days_rebuilt': 'rebuilds_days'}[purpose] -%}
    {%- set changed_stores = ref('int_footfall__changed_stores') -%}
    {%- set query %} select count(*) from {{ changed_stores }} where rebuilds_all {% endset -%}
    {%- set has_changed_stores = single_value(query) > 0 -%}
    {%- set replaced -%}
        (
            {{ in_read_ranges('visit_date', purpose) }}
            and (store_id, visit_date) in (select store_id, visit_date from {{ ref('int_footfall__rebuild_days') }} where {{ flag }})
        )
        {%- if has_changed_stores %}
        or store_id in (select store_id from {{ changed_stores }} where rebuilds_all)
        {%- endif %}
    {%- endset -%}
    {#- A store's days may have other dates than before, where its time zone changed: then nothing may be skipped. -#}
    {{ replace_rows(arguments, replaced, none if has_changed_stores else in_read_ranges('held.visit_date', purpose)) }}
{% endmacro %}
