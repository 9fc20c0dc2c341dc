{% macro raw_type(type) %}{{ return(adapter.dispatch('raw_type', 'tally')(type)) }}{% endmacro %}

{% macro duckdb__raw_type(type) %}{{ return(type) }}{% endmacro %}

{% macro spark__raw_type(type) %}{{ return({'varchar': 'string', 'timestamp with time zone': 'timestamp'}.get(type, type)) }}{% endmacro %}
