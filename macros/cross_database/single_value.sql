{% macro single_value(query) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set rows = run_query(query).rows %}
    {{ return(rows[0][0] if rows else none) }}
{% endmacro %}
