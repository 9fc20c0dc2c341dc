{# SQL for where a feed's row stands in what the feed read, such as `inbox/doors.xlsx, sheet Ventes, line 12`. Reads the row's own columns. #}
{% macro feed_place() -%}
    concat_ws(', ', feed_file, 'sheet ' || feed_sheet, 'line ' || cast(feed_line as {{ dbt.type_string() }}))
{%- endmacro %}
