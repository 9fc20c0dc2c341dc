{#
    Incremental strategy `replace_orders`: the orders that the model has made anew take the place of what the target
    holds of them, and orders whose newest version cannot be used leave it, in one transaction.
#}
{% macro get_incremental_replace_orders_sql(arguments) %}
    {% set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) %}
    delete from {{ arguments['target_relation'] }}
    where
        order_id in (select order_id from {{ arguments['temp_relation'] }})
        or order_id in (
            select order_id from {{ ref('int_orders__judged_orders') }}
            where load_id > '{{ newest_order_load(arguments['target_relation']) }}' and reason is not null
        );
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{% endmacro %}

{#
    The newest load among the orders that a relation holds, as text for a literal: what came later is new to it. It is
    read from the orders themselves, so there is no second state that a build killed half-way could leave behind.
#}
{% macro newest_order_load(relation) %}
    {% set rows = run_query('select max(load_id) from ' ~ relation) %}
    {{ return((rows.columns[0].values()[0] if rows and rows.rows else none) or '') }}
{% endmacro %}
