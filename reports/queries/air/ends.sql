select
    min(day) as first_day,
    max(day) as last_day
from air_days
having count(*) > 0
