{# `relationships` for an incremental fact: `dbt build` looks at the days that it rebuilt, `dbt test` at all rows. #}
{% test relationships_in_rebuilt_days(model, column_name, to, field) %}
{{ dbt.test_relationships(rebuilt_days_of(model), column_name, to, field) }}
{% endtest %}
