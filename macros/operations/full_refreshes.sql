{#
    raw_operations.full_refreshes: the tables that a migration of the warehouse found. What they hold of earlier builds was computed from raw
    rows, and by models, as they were then: the next build makes each anew, as `--full-refresh` does, and takes it from the list.
#}

{# In place of dbt's own: by the option or the config as there, and where the table is on the list. A model that is never made anew stays. #}
{% macro should_full_refresh() %}
    {% set configured = config.get('full_refresh') %}
    {% if configured is not none %}{{ return(configured) }}{% endif %}
    {{ return(flags.FULL_REFRESH or waits_for_full_refresh(this)) }}
{% endmacro %}

{% macro waits_for_full_refresh(relation) %}
    {% if not execute %}{{ return(false) }}{% endif %}
    {% set waiting = rows_once_a_run('select relation from raw_operations.full_refreshes') | map(attribute=0) %}
    {{ return(relation.schema ~ '.' ~ relation.identifier in waiting) }}
{% endmacro %}

{# At a run's end: what it has made is no longer on the list. #}
{% macro record_full_refreshes(results) %}
    {%- set made = [] -%}
    {%- for result in results if result.status == 'success' and result.node.resource_type == 'model' -%}
        {%- do made.append(result.node.schema ~ '.' ~ (result.node.alias or result.node.name)) -%}
    {%- endfor -%}
    {%- if is_recorded() and made -%}
        delete from raw_operations.full_refreshes where relation in {{ literals(made) }}
    {%- endif -%}
{% endmacro %}
