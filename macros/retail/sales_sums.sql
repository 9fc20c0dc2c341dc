{#
    What every total of sales counts, over rows of `fct_sales` in one currency. Units and revenue are net of returns, which stand beside them as positive
    numbers. A ticket is one sale, its number known within its store and day; a line without a ticket is one too.
#}
{% macro sales_sums() -%}
    count(distinct case when quantity > 0 and ticket_id is not null then concat_ws('|', sale_date, retail_store_id, ticket_id) end)
    + count(case when quantity > 0 and ticket_id is null then 1 end) as sales,
    cast(sum(quantity) as bigint) as units,
    cast(sum(revenue) as decimal(38, 4)) as revenue,
    cast(-sum(case when quantity < 0 then quantity else 0 end) as bigint) as returned_units,
    cast(-sum(case when quantity < 0 then revenue else 0 end) as decimal(38, 4)) as returns
{%- endmacro %}

{# Share of the currency's whole revenue, in percent; null where that is not above 0. #}
{% macro revenue_share_pct() -%}
    100 * cast(revenue as double) / nullif(cast(greatest(sum(revenue) over (partition by currency), 0) as double), 0)
{%- endmacro %}
