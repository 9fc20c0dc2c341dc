{#
    Whether a model's query has the columns and types of its contract: one question, which DuckDB answers. dbt asks two, formats each column, and says well what
    differs, so that it is asked where anything does.
#}
{% macro duckdb__get_assert_columns_equivalent(sql) %}
    {%- set columns = model.columns.values() | list -%}
    {%- if not columns or columns | rejectattr('data_type') | list or config.get('sql_header') -%}
        {{ return(default__get_assert_columns_equivalent(sql)) }}
    {%- endif -%}
    {%- set differing -%}
        select count(*)
        from (describe select * from (
            {{ sql }}
        ) as built) as built
        full join (
            describe select {% for column in columns %}cast(null as {{ column.data_type }}) as {{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{% endfor %}
        ) as declared on built.column_name = declared.column_name
        where built.column_type is distinct from declared.column_type
    {%- endset -%}
    {%- if single_value(differing) > 0 -%}{{ return(default__get_assert_columns_equivalent(sql)) }}{%- endif -%}
{% endmacro %}
