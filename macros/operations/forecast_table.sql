{#
    A Python model runs on DuckDB. On another engine the model is not there: its table is written back by whoever forecasts, and read as a source
    (models/intermediate/_intermediate__sources.yml).
#}
{% macro forecast_table(name) %}
    {{ return(ref(name) if target.type == 'duckdb' else source('forecasting', name)) }}
{% endmacro %}

{# The tables of that source, by schema, with their columns and types, as `raw_tables` says its own. #}
{% macro forecast_tables() %}
    {% set tables = {} %}
    {% for table in graph.sources.values() if table.source_name == 'forecasting' %}
        {% set columns = {} %}
        {% for column in table.columns.values() %}{% do columns.update({column.name: column.data_type}) %}{% endfor %}
        {% do tables.update({table.name: columns}) %}
    {% endfor %}
    {{ return({'intermediate': tables} if tables else {}) }}
{% endmacro %}
