{# SQL for where a feed's row stands in what the feed read, such as `inbox/doors.xlsx, sheet Ventes, line 12`. Reads the row's own columns. #}
{% macro feed_place() -%}
    concat_ws(', ', feed_file, 'sheet ' || feed_sheet, 'line ' || cast(feed_line as {{ dbt.type_string() }}))
{%- endmacro %}

{# The columns source and place of a raw row: who brought it, the domain's provider or a feed, and where it stands in what a feed read. #}
{% macro source_and_place(domain) -%}
    coalesce(feed, '{{ domain }}') as source,
    case when feed is not null then {{ feed_place() }} end as place
{%- endmacro %}
