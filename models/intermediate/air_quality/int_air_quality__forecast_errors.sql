{% set days = 60 %}

with forecasts as (
    select * from {{ ref('fct_air_quality_forecasts') }}
),

hours as (
    select * from {{ ref('fct_air_quality_hourly') }}
),

-- The hour under way is no measure of anything yet.
measured as (
    select
        station_id,
        measured_at,
        'co' as pollutant,
        co as value
    from hours
    where co is not null and not is_newest

    union all

    select
        station_id,
        measured_at,
        'pm2_5' as pollutant,
        pm2_5 as value
    from hours
    where pm2_5 is not null and not is_newest
),

newest as (
    select
        station_id,
        {{ dbt.dateadd('day', -days, 'max(measured_at)') }} as since
    from hours
    group by station_id
),

final as (
    select
        forecasts.station_id,
        forecasts.pollutant,
        forecasts.horizon_hours,
        forecasts.model,
        measured.value as measured_value,
        abs(forecasts.value - measured.value) as error,
        abs(forecasts.last_value - measured.value) as persistence_error,
        abs(yesterday.value - measured.value) as yesterday_error,
        measured.value between forecasts.lower_90 and forecasts.upper_90 as is_covered,
        forecasts.target_at
    from forecasts
    inner join newest on forecasts.station_id = newest.station_id and forecasts.target_at > newest.since
    inner join measured
        on
            forecasts.station_id = measured.station_id
            and forecasts.pollutant = measured.pollutant
            and forecasts.target_at = measured.measured_at
    left join measured as yesterday
        on
            forecasts.station_id = yesterday.station_id
            and forecasts.pollutant = yesterday.pollutant
            and {{ dbt.dateadd('hour', -24, 'forecasts.target_at') }} = yesterday.measured_at
)

select * from final
