{# No value outside the bounds. Null passes: whether a value may be missing is another test's to say. #}
{% test between(model, column_name, at_least, at_most=none) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} < {{ at_least }}
    {% if at_most is not none %} or {{ column_name }} > {{ at_most }}{% endif %}
{% endtest %}
