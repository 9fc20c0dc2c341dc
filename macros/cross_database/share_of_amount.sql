{% macro share_of_amount(amount, weight, weights, sizes) %}{{ return(adapter.dispatch('share_of_amount', 'tally')(amount, weight, weights, sizes)) }}{% endmacro %}

{#
    In whole ten-thousandths, because a quotient of decimals is a double. Weights beyond 20 digits lose their last ones, which no share to four
    places shows; so the products stay below 38 digits.
#}
{% macro duckdb__share_of_amount(amount, weight, weights, sizes) -%}
    {%- set unit -%} greatest(cast({{ sizes }} * 10000 as hugeint) // 100000000000000000000, 1) {%- endset -%}
    {%- set whole -%} (cast({{ weights }} * 10000 as hugeint) // {{ unit }}) {%- endset -%}
    {%- set part -%} (cast(abs({{ weight }}) * 10000 as hugeint) // {{ unit }}) {%- endset -%}
    cast(case
        when {{ whole }} * 1000000 <= cast({{ sizes }} * 10000 as hugeint) // {{ unit }} then 0
        else
            sign({{ amount }}) * sign({{ weight }})
            * cast((2 * cast(abs(cast({{ amount }} as decimal(38, 4))) * 10000 as hugeint) * {{ part }} + {{ whole }}) // (2 * {{ whole }}) as decimal(38, 0)) * 0.0001
    end as decimal(38, 4))
{%- endmacro %}
