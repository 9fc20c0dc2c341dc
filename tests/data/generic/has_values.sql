{# Every one of the values is in the column, whatever else is. #}
{% test has_values(model, column_name, values) %}
    select expected.value
    from (values {% for value in values %}('{{ value }}'){{ ', ' if not loop.last }}{% endfor %}) as expected (value)
    where not exists (select 1 from {{ model }} as found where found.{{ column_name }} = expected.value)
{% endtest %}
