{#
    What holds of a model's rows, in one query: each test costs dbt far more than it costs the database. A failing row says which rule it
    breaks and which row it is.

    unique: keys, each a list of columns. No two rows share one, and none of its columns is null; the shortest is the primary key.
    not_null: columns that have a value.
    accepted_values, bounds, not_after: of a column its values, its [lowest] or [lowest, highest], the column that it is not later than.
        Null passes.
    relationships: of a column the model (`to`) and column (`field`) in which each of its values is found. Null passes. They stand in a
        test of their own, so that a model that is built without the other one is tested by the rest.
    only_rebuilt_days: for an incremental fact: `dbt build` looks at the days that it rebuilt, `dbt test` at all rows.
#}
{% test rules(model, unique=[], not_null=[], accepted_values={}, bounds={}, not_after={}, relationships={}, only_rebuilt_days=false) %}
    {%- set rows = rebuilt_days_of(model) if only_rebuilt_days else model ~ ' as tested' -%}
    {%- set broken = [] -%}
    {%- for column in not_null %}{% do broken.append([column ~ ' is null', column ~ ' is null']) %}{% endfor -%}
    {%- for column, values in accepted_values.items() -%}
        {%- do broken.append([column ~ ' is none of its values', column ~ ' not in ' ~ literals(values)]) -%}
    {%- endfor -%}
    {%- for column, limits in bounds.items() -%}
        {%- do broken.append([column ~ ' is below ' ~ limits[0], column ~ ' < ' ~ limits[0]]) -%}
        {%- if limits | length > 1 %}{% do broken.append([column ~ ' is above ' ~ limits[1], column ~ ' > ' ~ limits[1]]) %}{% endif -%}
    {%- endfor -%}
    {%- for column, other in not_after.items() %}{% do broken.append([column ~ ' is after ' ~ other, column ~ ' > ' ~ other]) %}{% endfor -%}
    {%- set key = unique[0] if unique else [] -%}
    {%- set queries = [] -%}
    {%- for columns in unique -%}
        {%- set query -%}
            select 'not unique, or null: {{ columns | join(', ') }}' as rule, {{ text_of_row(columns) }} as row_found, count(*) as rows_found
            from {{ rows }}
            group by {{ columns | join(', ') }}
            having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
        {%- endset -%}
        {%- do queries.append(query) -%}
    {%- endfor -%}
    {%- if broken -%}
        {%- set columns = key + (not_null + (accepted_values | list) + (bounds | list) + (not_after | list) + (not_after.values() | list)) | unique | reject('in', key) | list -%}
        {%- set query -%}
            select
                concat_ws('; '{% for rule, condition in broken %}, case when {{ condition }} then '{{ rule }}' end{% endfor %}) as rule,
                {{ text_of_row(columns) }} as row_found,
                1 as rows_found
            from {{ rows }}
            where {% for _, condition in broken %}{{ 'or ' if not loop.first }}{{ condition }} {% endfor %}
        {%- endset -%}
        {%- do queries.append(query) -%}
    {%- endif -%}
    {%- for column, other in relationships.items() -%}
        {%- set query -%}
            select '{{ column }} is in no row of {{ other.to.identifier }}' as rule, {{ text_of_row([column]) }} as row_found, count(*) as rows_found
            from {{ rows }}
            where {{ column }} is not null and {{ column }} not in (select {{ other.field }} from {{ other.to }} where {{ other.field }} is not null)
            group by {{ column }}
        {%- endset -%}
        {%- do queries.append(query) -%}
    {%- endfor -%}
    {{ queries | join('\nunion all\n') }}
{% endtest %}
