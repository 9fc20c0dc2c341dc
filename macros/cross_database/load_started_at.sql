{% macro load_started_at(load_id_column) %}{{ return(adapter.dispatch('load_started_at', 'tally')(load_id_column)) }}{% endmacro %}

{% macro duckdb__load_started_at(load_id_column) -%}
    make_timestamp(cast(cast({{ load_id_column }} as decimal(20, 6)) * 1000000 as bigint))
{%- endmacro %}

{% macro spark__load_started_at(load_id_column) -%}
    timestamp_micros(cast(cast({{ load_id_column }} as decimal(20, 6)) * 1000000 as bigint))
{%- endmacro %}
