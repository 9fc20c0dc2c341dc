{#
    A condition for the tests of incremental facts. In `dbt build`, the days that the build replaced: the others were tested when they were
    built, and testing ten years of hours would cost more than the day itself. In `dbt test`, which builds nothing, every day.
#}
{% macro in_rebuilt_days() -%}
    {#- Outside of the condition, so that dbt sees at parse time what the test reads. -#}
    {%- set ranges = ref('int_footfall__read_ranges') -%}
    {{ in_read_ranges('visit_date', 'days_rebuilt') if flags.WHICH == 'build' else 'true' }}
{%- endmacro %}

{# The same for a generic test's table. #}
{% macro rebuilt_days_of(model) -%}
    (select * from {{ model }} where {{ in_rebuilt_days() }}) as rebuilt
{%- endmacro %}
