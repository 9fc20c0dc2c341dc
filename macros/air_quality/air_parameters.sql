{# What a station measures and the seed air_quality_limits can bound: the column, and what the network calls it. #}
{% macro air_parameters() %}
    {{ return({
        'co': 'CO', 'pm2_5': 'PM2.5', 'no2': 'NO2', 'o3': 'O3', 'pm10': 'PM10', 'temperature': 'T', 'humidity': 'RH',
    }) }}
{% endmacro %}
