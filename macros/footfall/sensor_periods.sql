{# A select of sensor_id and fingerprint: where each sensor hung when, and in which intervals it counted, as one text. #}
{% macro fingerprints_of_periods() -%}
    select
        sensor_id,
        md5(
            {{ dbt.listagg(
                "concat_ws('|', store_id, cast(interval_minutes as string), cast(holds_from as string), cast(holds_until as string))",
                "','", 'order by holds_from'
            ) }}
        ) as fingerprint
    from {{ ref('int_footfall__sensor_periods') }}
    group by sensor_id
{%- endmacro %}

{# The ids of sensors whose periods are not those with which the relation was built, for a filter on literals. #}
{% macro sensors_with_other_periods(relation) %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set query %}
        with fingerprints as ({{ fingerprints_of_periods() }})
        select distinct feeds.sensor_id
        from {{ relation }} as feeds
        left join fingerprints on feeds.sensor_id = fingerprints.sensor_id
        where feeds.periods_fingerprint <> coalesce(fingerprints.fingerprint, '')
        order by feeds.sensor_id
    {% endset %}
    {{ return(run_query(query).columns[0].values() | list) }}
{% endmacro %}
