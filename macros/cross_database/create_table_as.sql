{#
    A model whose config `meta.chunks` names days (`hours_rebuilt`) is inserted a chunk at a time (macros/footfall/chunks.sql); any other as dbt-duckdb
    does it. All of it is one statement and one transaction: a build that is killed between two chunks leaves the earlier table.
#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {%- set chunks = chunks_of_rebuilt_days(config.get('meta').chunks) if (config.get('meta') or {}).chunks else [none] -%}
    {%- for chunk in chunks -%}
        {%- if chunk %}
            set variable chunk_first_date = date '{{ chunk[0] }}';
            set variable chunk_last_date = date '{{ chunk[1] }}';
            set variable chunk_first_instant = timestamptz '{{ chunk[0] }} 00:00:00+00' - interval {{ 7 * weeks_read_by_hours() | max + 2 }} days;
            set variable chunk_last_instant = timestamptz '{{ chunk[1] }} 00:00:00+00' + interval 3 days;
        {%- endif %}
        {%- if loop.first %}
            {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
        {%- elif temporary %}
            insert into {{ relation.include(database=false, schema=false) }} ({{ compiled_code }});
        {%- else %}
            insert into {{ relation }} {{ get_column_names() }} ({{ get_select_subquery(compiled_code) }});
        {%- endif %}
    {%- endfor -%}
    {%- if chunks[0] %}
        reset variable chunk_first_date;
        reset variable chunk_last_date;
        reset variable chunk_first_instant;
        reset variable chunk_last_instant;
    {%- endif %}
{%- endmacro %}
