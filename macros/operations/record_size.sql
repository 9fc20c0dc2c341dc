{# How large the warehouse was at the end of a run, and how much of it nothing uses; where the warehouse is no one file, nothing. #}
{% macro record_size() %}
    {%- if is_recorded() -%}{{ adapter.dispatch('record_size', 'tally')() }}{%- endif -%}
{% endmacro %}

{% macro default__record_size() %}{% endmacro %}

{% macro duckdb__record_size() %}
    insert into raw_operations.sizes (run_id, measured_at, bytes, free_bytes)
    select
        '{{ invocation_id }}',
        {{ dbt.current_timestamp() }},
        block_size * total_blocks,
        block_size * free_blocks
    from pragma_database_size()
    where database_name = current_database() and block_size > 0
{% endmacro %}
