{#
    SQL for what is wrong with a line of the three files, each in words, '' where nothing is. A line is bound to the product and the store that the other
    files describe. Reads the columns of int_retail__validated_sales.
#}
{% macro sale_faults() -%}
    concat_ws(
        '; ',
        case when unit_price is null then {{ sql_literal("ID Référence produit '") }} || product_id || {{ sql_literal("' is no product whose price is known") }} end,
        case when quantity = 0 then 'Quantité 0 is neither a sale nor a return' end,
        case when not is_known_store then {{ sql_literal("ID Magasin '") }} || retail_store_id || {{ sql_literal("' is no known store") }} end,
        case
            when (amount > 0 and quantity < 0) or (amount < 0 and quantity > 0)
                then 'Montant ' || amount || ' has another sign than Quantité ' || quantity
        end
    )
{%- endmacro %}

{# The same for a line of a feed, which stands for itself: nobody need describe its product or store. #}
{% macro feed_sale_faults() -%}
    concat_ws(
        '; ',
        case when revenue is null then {{ sql_literal("no price of product '") }} || product_id || {{ sql_literal("' is known and the line says no amount") }} end,
        case when quantity = 0 then 'quantity 0 is neither a sale nor a return' end,
        case
            when (amount > 0 and quantity < 0) or (amount < 0 and quantity > 0)
                then 'amount ' || amount || ' has another sign than quantity ' || quantity
        end,
        case
            when amount is null and ((discount > 0 and quantity < 0) or (discount < 0 and quantity > 0))
                then 'discount ' || discount || ' has another sign than quantity ' || quantity
        end,
        case
            when amount is null and ((revenue > 0 and quantity < 0) or (revenue < 0 and quantity > 0))
                then 'quantity ' || quantity || ' times unit_price ' || unit_price || ' less discount ' || coalesce(discount, 0)
                || ' has another sign than the quantity'
        end
    )
{%- endmacro %}
