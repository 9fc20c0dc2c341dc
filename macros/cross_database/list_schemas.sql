{#
    In place of dbt-duckdb's own, which compares a catalog's name with the quoted one that dbt gives it, finds no schema, and so lets dbt make
    each one anew in every run.
#}
{% macro duckdb__list_schemas(database) -%}
    {% set query %}
        select schema_name from information_schema.schemata where lower(catalog_name) = '{{ database | replace('"', '') | lower }}'
    {% endset %}
    {{ return(run_query(query)) }}
{%- endmacro %}
