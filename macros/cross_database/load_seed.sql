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

{#
    Where Spark built the warehouse before, a seed's name is a view on Spark's table: it makes room, as every model's does. dbt's own refuses to seed to a view.
#}
{% materialization seed, adapter='duckdb' %}
    {%- set earlier = load_cached_relation(this) -%}
    {%- if earlier is not none and earlier.is_view -%}
        {% do adapter.drop_relation(earlier) %}
    {%- endif -%}
    {{ return(dbt.materialization_seed_default()) }}
{% endmaterialization %}

{#
    On Spark the whole seed is one statement, its last row of nulls there because a seed may have none. dbt-spark drops the table, makes it and then inserts rows whose every value is cast by itself, a minute and a half for
    the holidays.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {%- set types = model.config.column_types -%}
    {%- set columns = agate_table.column_names -%}
    {% call statement('seed') %}
        create or replace table {{ this.render() }} {{ table_format() }} as
        select {% for column in columns %}cast({{ column }} as {{ types[column] }}) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
        from (
            values
            {%- for row in agate_table.rows %}
            ({% for value in row %}{{ sql_literal(value) }}{{ ', ' if not loop.last }}{% endfor %}),
            {%- endfor %}
            ({% for column in columns %}null{{ ', ' if not loop.last }}{% endfor %})
        ) as written ({{ columns | join(', ') }})
        where coalesce({{ columns | join(', ') }}) is not null
    {% endcall %}
    {{ return('') }}
{% endmacro %}

{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {{ return(spark__create_csv_table(model, agate_table)) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}{{ return('') }}{% endmacro %}
