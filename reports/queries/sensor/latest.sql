-- The last seven complete days.
select
    sensor_id,
    day,
    day as name,
    counted,
    estimated,
    usual,
    vs_usual,
    coverage,
    is_closed,
    closed_reason
from sensor_days
where is_complete
qualify row_number() over (partition by sensor_id order by day desc) <= 7
order by sensor_id asc, day desc
