-- Every order in raw is in the marts or among the rejected records, and the three answers add up to the orders.
{{ config(tags=['orders']) }}

with raw_orders as (
    select
        count(*) as orders,
        coalesce(sum(case when reason is null then bill end), 0) as billed,
        count(reason) as unusable
    from {{ ref('int_orders__validated_orders') }}
),

marts as (
    select
        count(*) as orders,
        coalesce(sum(bill), 0) as billed,
        count(case when is_counted then 1 end) as counted,
        coalesce(sum(case when is_counted then quantity end), 0) as units,
        coalesce(sum(case when is_counted then bill end), 0) as revenue
    from {{ ref('fct_orders') }}
),

answers as (
    {% for answer in ['agg_orders_hourly', 'agg_orders_by_product', 'agg_orders_by_country'] %}
        select
            '{{ answer }}' as answer,
            coalesce(sum(orders), 0) as orders,
            coalesce(sum(units), 0) as units,
            coalesce(sum(revenue), 0) as revenue
        from {{ ref(answer) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select 'fct_orders' as model_name
from raw_orders
cross join marts
where raw_orders.orders <> marts.orders + raw_orders.unusable or raw_orders.billed <> marts.billed

union all

select answers.answer as model_name
from answers
cross join marts
where answers.orders <> marts.counted or answers.units <> marts.units or answers.revenue <> marts.revenue
