{#
    A model's new rows take the place of what its table holds where `replaced` is true, in ONE merge: new and changed rows come in by the model's
    `unique_key`, and rows that the new ones do not bring again leave. One statement is what every engine commits at once.

    arguments: what dbt gives an incremental strategy; replaced: a condition on the table's columns; reads: a condition on `held`, the table
    being merged into, that every row to be replaced meets, so that the rest is not read.
#}
{% macro replace_rows(arguments, replaced, reads=none) %}{{ return(adapter.dispatch('replace_rows', 'tally')(arguments, replaced, reads)) }}{% endmacro %}

{# A DuckLake's merge takes one action on what it finds. There are transactions there, so that two statements are one. #}
{% macro duckdb__replace_rows(arguments, replaced, reads) %}
    {%- if adapter.is_ducklake(arguments.target_relation) %}
        {%- set columns = arguments.dest_columns | map(attribute='name') | join(', ') -%}
        {%- set key = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
        delete from {{ arguments.target_relation }}
        where ({{ replaced }}) or ({{ key | join(', ') }}) in (select ({{ key | join(', ') }}) from {{ arguments.temp_relation }});
        insert into {{ arguments.target_relation }} ({{ columns }}) select {{ columns }} from {{ arguments.temp_relation }}
    {%- else %}
        {{ default__replace_rows(arguments, replaced, reads) }}
    {%- endif %}
{% endmacro %}

{% macro default__replace_rows(arguments, replaced, reads) %}
    {%- set key = [arguments.unique_key] if arguments.unique_key is string else arguments.unique_key -%}
    {%- set columns = arguments.dest_columns | map(attribute='name') | list -%}
    merge into {{ arguments.target_relation }} as held
    using (
        select {{ columns | join(', ') }}, false as is_gone from {{ arguments.temp_relation }}
        union all
        select {% for column in columns %}{{ 'old.' ~ column if column in key else 'null as ' ~ column }}, {% endfor %}true as is_gone
        from (select {{ key | join(', ') }} from {{ arguments.target_relation }} where {{ replaced }}) as old
        where not exists (
            select 1 from {{ arguments.temp_relation }} as new
            where {% for column in key %}old.{{ column }} = new.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        )
    ) as found
    on
        {% for column in key %}held.{{ column }} = found.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
        {%- if reads %}
        and {{ reads }}
        {%- endif %}
    when matched and found.is_gone then delete
    when matched then update set {% for column in columns if column not in key %}{{ column }} = found.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
    when not matched and not found.is_gone then
        insert ({{ columns | join(', ') }})
        values ({% for column in columns %}found.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
{% endmacro %}
