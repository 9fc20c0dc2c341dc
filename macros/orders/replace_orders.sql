{#
    Incremental strategy `replace_orders`: the orders that the model has made anew take the place of what the target holds of them, with all
    their lines, and orders whose newest version was rejected leave it.
#}
{% macro get_incremental_replace_orders_sql(arguments) %}
    {%- set replaced -%}
        order_id in (
            select order_id from {{ arguments.temp_relation }}

            union all

            select order_id from {{ ref('int_orders__validated_orders') }}
            where load_id > '{{ newest_order_load(arguments.target_relation) }}' and reason is not null
        )
    {%- endset -%}
    {{ replace_rows(arguments, replaced) }}
{% endmacro %}

{#
    The newest load among the orders that a relation holds, as text: what came later is new to it. It is
    read from the orders themselves, so there is no second state that a build killed half-way could leave behind.
#}
{% macro newest_order_load(relation) %}
    {% set query %} select max(load_id) from {{ relation }} {% endset %}
    {{ return(single_value(query) or '') }}
{% endmacro %}

{#
    SQL for the orders that came since the newest load that a model holds, and those whose products, or customer, have a version that came since and
    held when the order was placed: the record at last, or a move that was delivered late. Reads the model's own `orders`, `lines`,
    `product_versions` and, with `has_customers`, `customer_versions`.
#}
{% macro changed_orders(newest_load, has_customers=false) %}
    {%- set is_new = "versions.load_id > '" ~ newest_load ~ "' and orders.ordered_at >= versions.holds_from and orders.ordered_at < versions.holds_until" -%}
    select order_id from orders
    where load_id > '{{ newest_load }}'

    union distinct

    select orders.order_id
    from orders
    inner join lines on orders.order_id = lines.order_id
    inner join product_versions as versions on lines.product_id = versions.product_id and {{ is_new }}
    {%- if has_customers %}

    union distinct

    select orders.order_id
    from orders
    inner join customer_versions as versions on orders.customer_id = versions.customer_id and {{ is_new }}
    {%- endif %}
{% endmacro %}

{# SQL for the orders of a relation of which the seed of statuses now says otherwise. Reads the model's own `statuses`. #}
{% macro orders_of_changed_statuses(relation) %}
    select held.order_id
    from {{ relation }} as held
    left join statuses on lower(held.status) = lower(statuses.status)
    where
        held.is_counted <> (coalesce(statuses.is_counted, false) and held.withdrawn_at is null)
        or held.is_returned <> coalesce(statuses.is_returned, false)
{% endmacro %}
