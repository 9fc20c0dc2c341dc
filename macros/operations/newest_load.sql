{#
    A source's `loaded_at_query`: the end of the newest ingestion that went well, of the source or of a feed that fills it, by the ledger of runs; null
    where there is none. As int_operations__source_runs has it: a source that was last asked before there were feeds is not in use.
#}
{% macro newest_load(source_name) -%}
    select max(ended_at) from raw_operations.runs
    where
        what = 'ingestion'
        and outcome = 'ok'
        and (
            source in (select feed from raw_operations.feeds where source = '{{ source_name }}')
            or (
                source = '{{ source_name }}'
                and coalesce(
                    (select max(started_at) from raw_operations.runs where what = 'ingestion' and source = '{{ source_name }}')
                    >= (select min(noted_at) from raw_operations.feeds),
                    true
                )
            )
        )
{%- endmacro %}
