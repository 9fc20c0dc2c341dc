{% macro number_text(value) %}{{ return(adapter.dispatch('number_text', 'tally')(value)) }}{% endmacro %}

{% macro duckdb__number_text(value) -%}
    cast({{ value }} as {{ dbt.type_string() }})
{%- endmacro %}

{# Spark writes exponents where DuckDB still writes digits. #}
{% macro spark__number_text(value) -%}
    case
        when abs({{ value }}) >= 10000000 or (abs({{ value }}) < 0.001 and abs({{ value }}) >= 0.0001)
            then coalesce(regexp_replace(cast(cast({{ value }} as decimal(38, 18)) as string), '([.][0-9]+?)0+$', '$1'), cast({{ value }} as string))
        else cast({{ value }} as string)
    end
{%- endmacro %}
