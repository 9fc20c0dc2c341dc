select
    retail_store_id,
    day,
    currency,
    is_complete,
    sales::double as sales,
    units::double as units,
    revenue::double as revenue,
    returned_units::double as returned_units,
    returns::double as returns,
    revenue_usual::double as revenue_usual,
    revenue_before_7::double as revenue_before_7,
    revenue_before_28::double as revenue_before_28,
    revenue_before_364::double as revenue_before_364,
    sales_usual::double as sales_usual,
    sales_before_7::double as sales_before_7,
    sales_before_28::double as sales_before_28,
    sales_before_364::double as sales_before_364
from store_sales_days
order by retail_store_id, day
