{#
    No value outside its column's bounds: `columns` maps a column to [lowest] or [lowest, highest]. Null passes. One query for
    all of a model's columns, because each test costs dbt far more than it costs the database.
#}
{% test bounds(model, columns) %}
select {{ columns.keys() | join(', ') }}
from {{ model }}
where
    {% for column, limits in columns.items() %}
        {{ 'or ' if not loop.first }}{{ column }} < {{ limits[0] }}
        {% if limits | length > 1 %} or {{ column }} > {{ limits[1] }}{% endif %}
    {% endfor %}
{% endtest %}
