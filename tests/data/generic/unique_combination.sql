{# One row for each combination of the columns, and none of them null: a primary key of several columns. #}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as times
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
