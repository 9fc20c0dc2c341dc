with hours as (
    select
        station_id,
        arg_max(pm2_5, measured_at) filter (where pm2_5 is not null) as pm2_5,
        arg_max(co, measured_at) filter (where co is not null) as co
    from recent_air_hours
    group by station_id
),

days as (
    select
        *,
        measured_date as day
    from fct_air_quality_daily
    where is_complete
    qualify row_number() over (partition by station_id order by measured_date desc) = 1
),

ends as (
    select
        station_id,
        max(measured_date) as newest_date
    from fct_air_quality_daily
    group by station_id
),

months as (
    select
        daily.station_id,
        count(*) as days,
        sum(daily.pm2_5_hours) as pm2_5_hours
    from fct_air_quality_daily as daily
    inner join ends on daily.station_id = ends.station_id
    where daily.is_complete and daily.measured_date >= ends.newest_date - interval 30 day
    group by daily.station_id
)

select
    stations.station_id,
    stations.station_name,
    station_link(stations.station_id) as link,
    utc(stations.newest_measured_at) as data_until,
    date_diff('hour', stations.newest_measured_at, publication.built_at) as hours_old,
    hours.pm2_5,
    hours.co,
    forecasts.pm2_5_in_1,
    forecasts.pm2_5_in_2,
    forecasts.co_in_1,
    forecasts.co_in_2,
    forecasts.baselines,
    days.day,
    days.pm2_5_mean,
    days.co_mean,
    case days.exceeds_who_pm2_5 when true then 'above' when false then 'within' else 'too few hours' end as pm2_5_verdict,
    case days.exceeds_who_co when true then 'above' when false then 'within' else 'too few hours' end as co_verdict,
    100 * (1 - months.pm2_5_hours / nullif(24 * months.days, 0)) as pm2_5_missing
from named_stations as stations
cross join publication
left join hours on stations.station_id = hours.station_id
left join (
    select
        forecasts.station_id,
        max(forecasts.value) filter (where forecasts.pollutant = 'pm2_5' and forecasts.horizon_hours = 1) as pm2_5_in_1,
        max(forecasts.value) filter (where forecasts.pollutant = 'pm2_5' and forecasts.horizon_hours = 2) as pm2_5_in_2,
        max(forecasts.value) filter (where forecasts.pollutant = 'co' and forecasts.horizon_hours = 1) as co_in_1,
        max(forecasts.value) filter (where forecasts.pollutant = 'co' and forecasts.horizon_hours = 2) as co_in_2,
        count(distinct forecasts.pollutant) filter (where forecasts.reason is not null) as baselines
    from fct_air_quality_forecasts as forecasts
    inner join dim_stations as newest
        on forecasts.station_id = newest.station_id and forecasts.issued_at = newest.newest_measured_at
    group by forecasts.station_id
) as forecasts on stations.station_id = forecasts.station_id
left join days on stations.station_id = days.station_id
left join months on stations.station_id = months.station_id
order by stations.station_name, stations.station_id
