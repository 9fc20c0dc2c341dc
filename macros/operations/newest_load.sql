{# A source's `loaded_at_query`: the end of its newest ingestion that went well, by the ledger of runs; null where there is none. #}
{% macro newest_load(source_name) -%}
    select max(ended_at) from raw_operations.runs
    where what = 'ingestion' and outcome = 'ok' and source = '{{ source_name }}'
{%- endmacro %}
