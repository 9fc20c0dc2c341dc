select
    what,
    day,
    retail_store_id,
    name,
    note,
    units::double as units,
    revenue::double as revenue,
    returns::double as returns
from sales_breakdown
order by day, what, retail_store_id, note
