-- Each store's last four weeks, of all sensors that counted in them.
select
    store_name,
    store_link(store_id) as link,
    count(*) filter (where is_in_service) as sensors,
    count(*) filter (where not is_in_service) as replaced,
    count(*) filter (where status = 'technician') as technician,
    sum(visits) as observed,
    sum(visits) + coalesce(sum(visits_imputed), 0) as estimated,
    100 * coalesce(sum(visits_imputed), 0) / nullif(sum(visits) + coalesce(sum(visits_imputed), 0), 0) as imputed_share,
    100 * sum(observed_hours) / nullif(sum(open_hours), 0) as coverage,
    sum(outages) as outages,
    sum(failed_hours) as failed_hours,
    sum(anomalous_hours) as anomalous_hours,
    sum(late_readings) as late_readings
from sensor_health
group by store_id, store_name
order by store_name
