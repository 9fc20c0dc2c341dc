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

{# A quotient of decimals loses digits there; that of a multiple of the divisor is exact. And a number's sign is a double. #}
{% macro spark__share_of_amount(amount, weight, weights, sizes) -%}
    {%- set unit -%} greatest({{ _whole_quotient(_ten_thousandths(sizes), '100000000000000000000') }}, 1) {%- endset -%}
    {%- set whole = _whole_quotient(_ten_thousandths(weights), unit) -%}
    {%- set part = _whole_quotient(_ten_thousandths('abs(' ~ weight ~ ')'), unit) -%}
    {%- set doubled -%} cast(2 * {{ _ten_thousandths('abs(cast(' ~ amount ~ ' as decimal(38, 4)))') }} * {{ part }} + {{ whole }} as decimal(38, 0)) {%- endset -%}
    cast(case
        when {{ whole }} * 1000000 <= {{ _whole_quotient(_ten_thousandths(sizes), unit) }} then 0
        else
            cast(case when ({{ amount }} < 0) = ({{ weight }} < 0) then 1 else -1 end * {{ _whole_quotient(doubled, '(2 * ' ~ whole ~ ')') }} as decimal(33, 0))
            * 0.0001
    end as decimal(38, 4))
{%- endmacro %}

{% macro _ten_thousandths(value) -%} cast({{ value }} * 10000 as decimal(38, 0)) {%- endmacro %}

{% macro _whole_quotient(dividend, divisor) -%}
    cast(({{ dividend }} - {{ dividend }} % {{ divisor }}) / {{ divisor }} as decimal(38, 0))
{%- endmacro %}
