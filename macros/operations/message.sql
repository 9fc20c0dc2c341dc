{# The kinds of alerts. Each is a model int_operations__alerts_<kind>, and has its sentences in locales/. #}
{% macro alert_kinds(having='message') %}
    {%- set kinds = [] -%}
    {%- for kind, sentences in messages().alerts.items() if having in sentences %}{% do kinds.append(kind) %}{% endfor -%}
    {{- return(kinds) -}}
{% endmacro %}

{#
    SQL for one sentence in English. `path` is its place in `messages`, such as 'pipeline_state.all_well'; `values` maps each {name} in it to an SQL
    expression of a text.
#}
{% macro message(path, values={}) %}
    {%- set found = namespace(node=messages()) -%}
    {%- for key in path.split('.') -%}
        {%- if key not in found.node -%}
            {{ exceptions.raise_compiler_error("There is no message '" ~ path ~ "': add it to locales/en.ftl and run `python -m tools generate`.") }}
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

{#
    SQL for two columns: `column`, a sentence in English, and `<column>_parts`, the id of its phrase and its values as JSON, from which pages and
    mails write it in the owner's language. `cases` lists (condition, key under `path`), the last without a condition. Of the `values`, `moment` is a timestamp in UTC and
    `day` a date; the others are texts.
#}
{% macro sentence_of(path, cases, values, column) -%}
    {%- set texts = {} -%}
    {%- set fields = {} -%}
    {%- for name, expression in values.items() -%}
        {%- if name == 'moment' -%}{%- do texts.update({name: moment_text(expression) ~ " || ' UTC'"}) -%}
        {%- elif name == 'day' -%}{%- do texts.update({name: day_text(expression)}) -%}
        {%- else -%}{%- do texts.update({name: expression}) -%}{%- endif -%}
        {%- do fields.update({name: 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')'}) -%}
    {%- endfor -%}
    case
        {%- for condition, key in cases %}
        when {{ condition or 'true' }} then {{ message(path ~ '.' ~ key, texts) }}
        {%- endfor %}
    end as {{ column }},
    case
        {%- for condition, key in cases %}
        {%- set with_id = {'id': sql_literal((path ~ '.' ~ key) | replace('.', '-'))} %}
        {%- do with_id.update(fields) %}
        when {{ condition or 'true' }} then {{ json_object(with_id) }}
        {%- endfor %}
    end as {{ column }}_parts
{%- endmacro %}

{# The columns `message` and `message_parts` of a kind of alert. #}
{% macro alert_message(kind, cases, values) -%}
    {{ sentence_of('alerts.' ~ kind, cases, values, 'message') }}
{%- endmacro %}

{# A number as a text, without a fraction. #}
{% macro whole_number_text(value) -%}
    cast(cast({{ value }} as bigint) as {{ dbt.type_string() }})
{%- endmacro %}
