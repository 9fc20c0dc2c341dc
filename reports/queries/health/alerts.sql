select
    without_paths(alerts.message) as message,
    without_paths(alerts.message_parts) as message_parts,
    utc(alerts.opened_at) as opened,
    utc(alerts.closed_at) as closed
from fct_alerts as alerts
where alerts.kind in ('sensor_below', 'sensor_silent', 'coverage_below')
order by alerts.closed_at is null desc, alerts.opened_at desc
limit 100
