{# A timestamp is an instant on Spark: it is the plain UTC timestamp that the models mean only where the session's time zone is UTC. #}
{% macro check_time_zone() %}{{ return(adapter.dispatch('check_time_zone', 'tally')()) }}{% endmacro %}

{% macro duckdb__check_time_zone() %}{% endmacro %}

{% macro spark__check_time_zone() %}
    {% set time_zone = single_value('select current_timezone()') %}
    {% if time_zone and time_zone not in ('UTC', 'Etc/UTC', 'Z') %}
        {% do exceptions.raise_compiler_error("Spark's session has the time zone " ~ time_zone ~ ': set spark.sql.session.timeZone to UTC on the server (deploy/spark/spark.conf)') %}
    {% endif %}
{% endmacro %}
