{# Spark's own catalog is Hive's; every other one, such as a REST one, has a name of its own. #}
{% macro in_hive_catalog() %}
    {{ return(run_query('select current_catalog()').columns[0].values()[0] == 'spark_catalog') }}
{% endmacro %}

{#
    What a table or column is described with, as a literal. Iceberg 1.10 sends it to a REST catalog as Latin-1 and not as UTF-8, and the catalog refuses it: there
    what is not ASCII is written as in HTML.
#}
{% macro catalog_text(text) %}
    {%- if not text.isascii() and not in_hive_catalog() -%}
        {%- set text = text.encode('ascii', 'xmlcharrefreplace').decode() -%}
    {%- endif -%}
    {{ return(sql_literal(text)) }}
{% endmacro %}
