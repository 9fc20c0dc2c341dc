{#
    When an owner's assignment of a sensor begins, in UTC: a date, or a date and time, on the clock of the store; in UTC where it ends with Z.
#}
{% macro assignment_start(valid_from, timezone_column) -%}
    case
        when right({{ valid_from }}, 1) = 'Z' then cast(left({{ valid_from }}, length({{ valid_from }}) - 1) as timestamp)
        else {{ utc_from_local('cast(' ~ valid_from ~ ' as timestamp)', timezone_column) }}
    end
{%- endmacro %}
