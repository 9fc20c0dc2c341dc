{# Pre-hook of fct_alerts, which is never built anew: alerts that an earlier Tally has written get the severities' names of today. #}
{% macro rename_severities() %}
    {%- if is_incremental() -%}
        update {{ this }}
        set severity = case severity when 'act' then 'critical' else 'warning' end
        where severity in ('act', 'look')
    {%- endif -%}
{% endmacro %}
