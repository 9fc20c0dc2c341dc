-- The forecasts of all stores whose days are over, beside two simpler ones over the same days.
select
    method,
    sum(forecasts) as forecasts,
    sum(absolute_error) as absolute_error,
    100 * sum(absolute_error) / nullif(sum(visits), 0) as wape,
    100 * sum(bias_pct * visits / 100) / nullif(sum(visits), 0) as bias,
    sum(coverage_80_pct * forecasts) / nullif(sum(forecasts) filter (where coverage_80_pct is not null), 0) as coverage
from agg_visits_forecast_accuracy
group by method
order by method = 'issued' desc, wape
