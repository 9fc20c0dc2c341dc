-- Every order in raw is in the marts or among the rejected records, its lines add up to it, and the three answers add up to the orders,
-- in each currency.
{{ config(tags=['orders']) }}

with raw_orders as (
    select
        currency,
        count(*) as orders,
        coalesce(sum(case when reason is null then bill end), 0) as billed,
        count(reason) as unusable
    from {{ ref('int_orders__validated_orders') }}
    group by currency
),

marts as (
    select
        currency,
        count(*) as orders,
        coalesce(sum(bill), 0) as billed,
        count(case when is_counted then 1 end) as counted,
        coalesce(sum(case when is_counted then units end), 0) as units,
        coalesce(sum(case when is_counted then revenue end), 0) as revenue
    from {{ ref('fct_orders') }}
    group by currency
),

answers as (
    {% for answer in ['agg_orders_hourly', 'agg_orders_by_product', 'agg_orders_by_country'] %}
        select
            '{{ answer }}' as answer,
            currency,
            -- an order is one of each of its products
            {{ 'cast(null as bigint)' if answer == 'agg_orders_by_product' else 'coalesce(sum(orders), 0)' }} as orders,
            coalesce(sum(units), 0) as units,
            coalesce(sum(revenue), 0) as revenue
        from {{ ref(answer) }}
        group by currency
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

line_sums as (
    select
        order_id,
        count(*) as lines,
        sum(quantity) as units,
        sum(revenue) as revenue
    from {{ ref('fct_order_lines') }}
    group by order_id
)

select 'fct_orders' as model_name
from raw_orders
full outer join marts on raw_orders.currency = marts.currency
where
    coalesce(raw_orders.orders, 0) <> coalesce(marts.orders, 0) + coalesce(raw_orders.unusable, 0)
    or coalesce(raw_orders.billed, 0) <> coalesce(marts.billed, 0)

union all

select 'fct_order_lines' as model_name
from {{ ref('fct_orders') }} as orders
full outer join line_sums on orders.order_id = line_sums.order_id
where
    orders.lines is distinct from line_sums.lines
    or orders.units is distinct from line_sums.units
    or orders.revenue is distinct from line_sums.revenue

union all

select answers.answer as model_name
from answers
full outer join marts on answers.currency = marts.currency
where
    coalesce(answers.orders, marts.counted, 0) <> coalesce(marts.counted, 0)
    or coalesce(answers.units, 0) <> coalesce(marts.units, 0)
    or coalesce(answers.revenue, 0) <> coalesce(marts.revenue, 0)
