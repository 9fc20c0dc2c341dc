{#
    A condition for tests of the incremental facts: the days that the last build replaced. The others are as they were when they were
    tested, and a test of ten years of hours would cost more than the day that was built.
#}
{% macro in_rebuilt_days() %}
    {%- set days = ref('int_footfall__rebuild_days') -%}
    {%- if execute -%}
        {%- set bounds = run_query('select min(visit_date), max(visit_date) from ' ~ days).rows[0] -%}
        visit_date between date '{{ bounds[0] or '1970-01-01' }}' and date '{{ bounds[1] or '1970-01-01' }}'
        and (store_id, visit_date) in (select (store_id, visit_date) from {{ days }})
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}

{# dbt calls this for every generic test's table. #}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') -%}
    {%- if relation.schema == 'marts' and relation.identifier in incremental_footfall_models() and execute -%}
        {%- set days = api.Relation.create(database=relation.database, schema='intermediate', identifier='int_footfall__rebuild_days') -%}
        {%- set bounds = run_query('select min(visit_date), max(visit_date) from ' ~ days).rows[0] -%}
        (
            select * from {{ relation }}
            where visit_date between date '{{ bounds[0] or '1970-01-01' }}' and date '{{ bounds[1] or '1970-01-01' }}'
            {%- if where %} and {{ where }}{% endif %}
        ) as rebuilt
    {%- elif where -%}
        (select * from {{ relation }} where {{ where }}) as filtered
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
