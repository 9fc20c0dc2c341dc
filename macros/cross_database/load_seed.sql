{#
    dbt-duckdb lets DuckDB guess a seed's dialect: single quotes around a value, a quotation mark that is not closed and a date of
    two readings are read one way or the other by what else the file holds. Here they are read by the rules that
    warehouse/seeds.py checks.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% set sql %}
        copy {{ this.render() }}
        from '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}' (
            format csv, header true, auto_detect false, strict_mode false, delimiter ',', quote '"', escape '"', nullstr '', dateformat '%Y-%m-%d'
        )
    {% endset %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
