select
    what,
    day,
    name,
    note,
    units::double as units,
    revenue::double as revenue
from order_breakdown
order by day, what, name
