{#
    One `select` a source that has a freshness limit in its properties: hours after which it is stale. Of `warn_after` and
    `error_after` the one that comes first. Those limits stand nowhere else.
#}
{% macro source_limits() %}
    {%- set hours_of = {'minute': 1 / 60, 'hour': 1, 'day': 24} -%}
    {%- set limits = {} -%}
    {%- for table in (graph.sources.values() if execute else []) if table.freshness -%}
        {%- for after in (table.freshness.warn_after, table.freshness.error_after) if after and after.count -%}
            {%- set hours = after.count * hours_of[after.period | string] -%}
            {%- do limits.update({table.source_name: [hours, limits.get(table.source_name, hours)] | min}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for source, hours in limits | dictsort %}
        select '{{ source }}', {{ hours }}
        union all
    {%- endfor %}
    select cast(null as {{ dbt.type_string() }}), cast(null as {{ dbt.type_float() }}) where false
{% endmacro %}
