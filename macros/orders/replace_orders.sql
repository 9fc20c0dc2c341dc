{#
    Incremental strategy `replace_orders`: the orders that the model has made anew take the place of what the target holds of them, and orders
    whose newest version was rejected leave it.
#}
{% macro get_incremental_replace_orders_sql(arguments) %}
    {%- set rejected -%}
        order_id in (
            select order_id from {{ ref('int_orders__validated_orders') }}
            where load_id > '{{ newest_order_load(arguments.target_relation) }}' and reason is not null
        )
    {%- endset -%}
    {{ replace_rows(arguments, rejected) }}
{% endmacro %}

{#
    The newest load among the orders that a relation holds, as text: what came later is new to it. It is
    read from the orders themselves, so there is no second state that a build killed half-way could leave behind.
#}
{% macro newest_order_load(relation) %}
    {% set query %} select max(load_id) from {{ relation }} {% endset %}
    {{ return(single_value(query) or '') }}
{% endmacro %}
