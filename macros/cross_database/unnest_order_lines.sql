{% macro unnest_order_lines(column) %}{{ return(adapter.dispatch('unnest_order_lines', 'tally')(column)) }}{% endmacro %}

{% macro duckdb__unnest_order_lines(column) -%}
    unnest(from_json({{ column }}, '[{"line_number": "BIGINT", "product_id": "VARCHAR", "quantity": "BIGINT", "unit_price": "DECIMAL(18, 4)", "discount": "DECIMAL(18, 4)", "tax": "DECIMAL(18, 4)"}]'))
{%- endmacro %}

{% macro spark__unnest_order_lines(column) -%}
    explode(from_json(
        {{ column }},
        'array<struct<line_number: bigint, product_id: string, quantity: bigint, unit_price: decimal(18, 4), discount: decimal(18, 4), tax: decimal(18, 4)>>'
    ))
{%- endmacro %}
