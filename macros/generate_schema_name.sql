{# Schemas are called what DESIGN calls them, in every target: staging, intermediate, marts, reference, test_failures. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
