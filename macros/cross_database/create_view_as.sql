{% macro duckdb__create_view_as(relation, sql) -%}
    {#- As dbt-duckdb does it, but without the database's name in the view: another program opens the file under another name. -#}
    {%- if config.get('contract').enforced %}
    {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    create view {{ relation }} as (
    {{ sql | replace(adapter.quote(relation.database) ~ '.', '') }}
    );
{%- endmacro %}
