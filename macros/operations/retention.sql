{#
    Raw rows from before some moment may be let go (`RETENTION__RAW_DAYS`, ingestion/retention.py). What leaves raw has no load id by
    which an incremental model could find it, so the moment itself is noted, and asked for here. create_missing_tables makes
    the table, so it is there whatever was loaded.
#}

{# SQL for the moment from which on a raw table is kept, in UTC; null where everything is. #}
{% macro kept_from(source_name, entity) -%}
    (
        select max({{ utc_timestamp('kept_from') }}) from raw_operations.retention
        where source = '{{ source_name }}' and entity = '{{ entity }}'
    )
{%- endmacro %}

{# Pre-hook: what was made of rows that were let go leaves the model, in the transaction that writes it. #}
{% macro let_go_before(column, source_name, entity) %}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ column }} < {{ kept_from(source_name, entity) }}
    {%- endif -%}
{% endmacro %}

{# Whether readings that a sensor's first hour was taken from were let go: then every sensor's hours are looked for anew. #}
{% macro feeds_were_let_go(relation) %}
    {% set found = run_query(
        "select count(*) from " ~ relation ~ " where first_hour_at < " ~ kept_from('footfall', 'readings')
    ) %}
    {{ return(found.columns[0].values()[0] > 0) }}
{% endmacro %}
