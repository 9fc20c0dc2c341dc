{#
    As dbt-spark asks, but Iceberg's tables in Hive's catalog are known as such: they say `Provider: hive`, and dbt-spark would drop each of them before it makes it
    anew. Of other catalogs, such as a REST one, Spark cannot show tables with all that is known of them; there everything is Iceberg's.
#}
{% macro spark__list_relations_without_caching(relation) %}
    {% set found = [] %}
    {% if in_hive_catalog() %}
        {% call statement('list_relations', fetch_result=True) %}show table extended in {{ relation.schema }} like '*'{% endcall %}
        {% for schema, name, is_temporary, information in load_result('list_relations').table.rows %}
            {% do found.append((schema, name, is_temporary, information ~ ('Provider: iceberg' if 'table_type=ICEBERG' in information else ''))) %}
        {% endfor %}
    {% else %}
        {% for kind in ('table', 'view') %}
            {% for row in run_query('show ' ~ kind ~ 's in ' ~ relation.schema).rows if row[0] %}
                {% do found.append((relation.schema, row[1], false, 'Type: ' ~ kind | upper ~ '\nProvider: iceberg')) %}
            {% endfor %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}
