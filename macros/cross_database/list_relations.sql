{#
    As dbt-spark asks, but Iceberg's tables in Hive's catalog are known as such: they say `Provider: hive`, and dbt-spark would drop each of them before it makes it
    anew.
#}
{% macro spark__list_relations_without_caching(relation) %}
    {% call statement('list_relations', fetch_result=True) %}show table extended in {{ relation.schema }} like '*'{% endcall %}
    {% set found = [] %}
    {% for schema, name, is_temporary, information in load_result('list_relations').table.rows %}
        {% do found.append((schema, name, is_temporary, information ~ ('Provider: iceberg' if 'table_type=ICEBERG' in information else ''))) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}
