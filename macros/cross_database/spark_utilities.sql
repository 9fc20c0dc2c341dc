{#
    In place of dbt-spark's own versions of dbt's cross-database macros: they read dates and timestamps as text and check each for null, which is right, and many
    times slower.
#}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, cast({{ interval }} as int), cast({{ from_date_or_timestamp }} as timestamp))
{%- endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
        cast(datediff({{ second_date }}, {{ first_date }}) as bigint)
    {%- else -%}
        timestampdiff({{ datepart }}, date_trunc('{{ datepart }}', {{ first_date }}), date_trunc('{{ datepart }}', {{ second_date }}))
    {%- endif -%}
{%- endmacro %}

{% macro spark__split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{%- endmacro %}

{# dbt-spark's own leaves the order out, with a warning. #}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    case
        when count({{ measure }}) > 0
            then array_join(
                transform(
                    array_sort(
                        collect_list(
                            case when ({{ measure }}) is not null then struct(struct({{ order_by_clause | replace('order by ', '') }}) as sort_key, {{ measure }} as measure) end
                        )
                    ),
                    pair -> pair.measure
                ),
                {{ delimiter_text }}
            )
    end
{%- endmacro %}
