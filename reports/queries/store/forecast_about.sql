-- What the days ahead come to, why they are forecast by the baseline or not at all, and how good the forecasts have been.
select
    ahead.store_id,
    min(ahead.visit_date) as first_day,
    max(ahead.visit_date) as last_day,
    count(*) filter (where ahead.is_open) as open_days,
    count(*) filter (where ahead.is_open and ahead.visits is null) as days_without,
    sum(ahead.visits) as visits,
    sum(ahead.mean_of_four) filter (where ahead.visits is not null) as mean_of_four,
    max(ahead.reason) as reason,
    any_value(accuracy.wape_pct) as wape,
    any_value(accuracy.coverage_80_pct) as coverage,
    any_value(accuracy.forecasts) as forecasts
from fct_visits_ahead_daily as ahead
left join agg_visits_forecast_accuracy as accuracy on ahead.store_id = accuracy.store_id and accuracy.method = 'issued'
group by ahead.store_id
order by ahead.store_id
