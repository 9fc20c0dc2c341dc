{# The sentences of the language that is chosen: see messages_en. #}
{% macro messages() %}
    {%- set language = var('language', 'en') -%}
    {%- if 'messages_' ~ language not in context -%}
        {{ exceptions.raise_compiler_error("The variable `language` is '" ~ language ~ "', but there is no macro messages_" ~ language ~ ": write one like messages_en, or leave `language` out.") }}
    {%- endif -%}
    {{- return(context['messages_' ~ language]()) -}}
{% endmacro %}

{# The kinds of alerts. Each is a model int_operations__alerts_<kind>, and has its sentences in messages_en. #}
{% macro alert_kinds(having='message') %}
    {%- set kinds = [] -%}
    {%- for kind, sentences in messages().alerts.items() if having in sentences %}{% do kinds.append(kind) %}{% endfor -%}
    {{- return(kinds) -}}
{% endmacro %}

{#
    SQL for one sentence. `path` is its place in messages_en, such as 'pipeline.all_well'; `values` maps each {name} in it to an SQL
    expression of a text.
#}
{% macro message(path, values={}) %}
    {%- set found = namespace(node=messages()) -%}
    {%- for key in path.split('.') -%}
        {%- if key not in found.node -%}
            {{ exceptions.raise_compiler_error("There is no message '" ~ path ~ "' in the language '" ~ var('language', 'en') ~ "': add it to its messages macro.") }}
        {%- endif -%}
        {%- set found.node = found.node[key] -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for piece in found.node.split('{') -%}
        {%- if loop.first -%}
            {%- set text = piece -%}
        {%- else -%}
            {%- set name = piece.split('}')[0] -%}
            {%- set text = piece.split('}')[1] -%}
            {%- if name not in values -%}
                {{ exceptions.raise_compiler_error("The message '" ~ path ~ "' asks for {" ~ name ~ "}, but has only: " ~ values.keys() | join(', ') ~ '.') }}
            {%- endif -%}
            {%- do parts.append(values[name]) -%}
        {%- endif -%}
        {%- if text -%}{%- do parts.append(sql_literal(text)) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(parts | join(' || ')) -}}
{% endmacro %}

{# The same in the form that a number of things needs: 'one' or 'other'. #}
{% macro message_of_count(path, count, values={}) -%}
    case when {{ count }} = 1 then {{ message(path ~ '.one', values) }} else {{ message(path ~ '.other', values) }} end
{%- endmacro %}

{# A number as a text, without a fraction. #}
{% macro whole_number_text(value) -%}
    cast(cast({{ value }} as bigint) as {{ dbt.type_string() }})
{%- endmacro %}
