{# `unique_combination` for an incremental fact: `dbt build` looks at the days that it rebuilt, `dbt test` at all rows. #}
{% test unique_in_rebuilt_days(model, columns) %}
{{ test_unique_combination(rebuilt_days_of(model), columns) }}
{% endtest %}
