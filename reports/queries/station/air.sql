-- Each pollutant's last three days: measured, as forecast an hour before, and the next two hours with their interval.
with forecasts as (
    select
        made.*,
        made.issued_at = stations.newest_measured_at as is_newest
    from fct_air_quality_forecasts as made
    inner join dim_stations as stations on made.station_id = stations.station_id
    where made.issued_at > stations.newest_measured_at - interval 3 day
),

hours as (
    select
        station_id,
        'pm2_5' as pollutant,
        measured_at as hour_at,
        pm2_5 as value,
        is_newest,
        null as expected,
        null as forecast,
        null as lower,
        null as upper
    from recent_air_hours
    union all
    select
        station_id,
        'co' as pollutant,
        measured_at as hour_at,
        co as value,
        is_newest,
        null as expected,
        null as forecast,
        null as lower,
        null as upper
    from recent_air_hours
    union all
    select
        station_id,
        pollutant,
        target_at as hour_at,
        null as value,
        false as is_newest,
        case when not is_newest then value end as expected,
        case when is_newest then value end as forecast,
        case when is_newest then lower_90 end as lower,
        case when is_newest then upper_90 end as upper
    from forecasts
    where is_newest or horizon_hours = 1
)

select
    station_id,
    pollutant,
    hour_at,
    max(value) as value,
    bool_or(is_newest) as is_newest,
    max(expected) as expected,
    max(forecast) as forecast,
    max(lower) as lower,
    max(upper) as upper
from hours
group by station_id, pollutant, hour_at
order by station_id, pollutant, hour_at
