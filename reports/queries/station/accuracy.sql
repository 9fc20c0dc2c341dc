-- The chosen model of each horizon beside the two baselines.
select
    chosen.station_id,
    case chosen.pollutant when 'pm2_5' then 'PM2.5' else 'CO' end as pollutant,
    cast(chosen.horizon_hours as integer) || ' h' as ahead,
    case chosen.model when 'ensemble' then 'forecast' else 'last value' end as model,
    chosen.mae,
    persistence.mae as persistence_mae,
    yesterday.mae as yesterday_mae,
    chosen.skill_vs_persistence_pct as vs_persistence,
    chosen.skill_vs_yesterday_pct as vs_yesterday,
    100 * chosen.coverage_90 as coverage,
    chosen.hours
from agg_forecast_accuracy as chosen
left join agg_forecast_accuracy as persistence
    on
        chosen.station_id = persistence.station_id
        and chosen.pollutant = persistence.pollutant
        and chosen.horizon_hours = persistence.horizon_hours
        and persistence.model = 'persistence'
left join agg_forecast_accuracy as yesterday
    on
        chosen.station_id = yesterday.station_id
        and chosen.pollutant = yesterday.pollutant
        and chosen.horizon_hours = yesterday.horizon_hours
        and yesterday.model = 'yesterday'
where chosen.is_chosen
order by chosen.station_id asc, chosen.pollutant desc, chosen.horizon_hours asc
