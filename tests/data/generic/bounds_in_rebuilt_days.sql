{# `bounds` for an incremental fact: `dbt build` looks at the days that it rebuilt, `dbt test` at all rows. #}
{% test bounds_in_rebuilt_days(model, columns) %}
{{ test_bounds(rebuilt_days_of(model), columns) }}
{% endtest %}
