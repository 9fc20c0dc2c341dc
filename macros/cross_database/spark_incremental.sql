{# The rows with one of the new rows' keys leave, and the new rows come, of which several may have one key. #}
{% macro spark__get_incremental_delete_insert_sql(arguments) %}
    {%- set key = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
    {%- set columns = arguments.dest_columns | map(attribute='name') | list -%}
    merge into {{ arguments.target_relation }} as held
    using (
        select {{ columns | join(', ') }}, false as is_gone from {{ arguments.temp_relation }}
        union all
        select distinct {% for column in columns %}{{ column if column in key else 'null as ' ~ column }}, {% endfor %}true as is_gone
        from {{ arguments.temp_relation }}
    ) as found
    on found.is_gone{% for column in key %} and held.{{ column }} = found.{{ column }}{% endfor %}
    when matched then delete
    when not matched and not found.is_gone then
        insert ({{ columns | join(', ') }})
        values ({% for column in columns %}found.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
{% endmacro %}

{% macro spark__get_incremental_append_sql(arguments) %}
    {%- set columns = arguments.dest_columns | map(attribute='name') | join(', ') -%}
    insert into {{ arguments.target_relation }} ({{ columns }}) select {{ columns }} from {{ arguments.temp_relation }}
{% endmacro %}
