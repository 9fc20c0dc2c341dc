{#
    Raw rows from before some moment are purged where the owner sets it (`RETENTION__RAW_DAYS`, warehouse/purge.py). What leaves raw has no
    load id by which an incremental model could find it, so the moment itself is kept, and asked for here. create_missing_tables makes the table,
    so it is there after any load.
#}

{# SQL for the moment from which on a raw table is kept, in UTC; null where everything is. #}
{% macro retention_cutoff(source_name, entity) -%}
    (
        select max({{ utc_timestamp('kept_from') }}) from raw_operations.retention
        where source = '{{ source_name }}' and entity = '{{ entity }}'
    )
{%- endmacro %}

{# Pre-hook: what was made of purged rows leaves the model, in the transaction that writes it. #}
{% macro purge_before(column, source_name, entity) %}
    {%- if is_incremental() -%}
        delete from {{ this }} where {{ column }} < {{ retention_cutoff(source_name, entity) }}
    {%- endif -%}
{% endmacro %}

{# Whether readings that a sensor's first hour was taken from were purged: then every sensor's hours are looked for anew. #}
{% macro feeds_were_purged(relation) %}
    {% set query %}
        select count(*) from {{ relation }} where first_hour_at < {{ retention_cutoff('footfall', 'readings') }}
    {% endset %}
    {{ return(execute and single_value(query) > 0) }}
{% endmacro %}

{# Pre-hook of the sensors' feeds: where that is so, all of them. #}
{% macro purge_feeds() %}
    {%- if is_incremental() and feeds_were_purged(this) -%}
        delete from {{ this }}
    {%- endif -%}
{% endmacro %}
