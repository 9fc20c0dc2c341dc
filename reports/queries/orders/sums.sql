select
    count(*) filter (where is_counted and minutes_before < 60) as orders_hour,
    coalesce(sum(revenue) filter (where is_counted and minutes_before < 60), 0) as revenue_hour,
    count(*) filter (where is_counted and minutes_before < 1440) as orders_day,
    coalesce(sum(revenue) filter (where is_counted and minutes_before < 1440), 0) as revenue_day,
    coalesce(sum(refunded) filter (where is_counted and minutes_before < 1440), 0) as refunded_day,
    coalesce((select main.currency from main_order_currency as main), min(currency)) as currency,
    coalesce(sum(revenue) filter (where is_counted and minutes_before >= 1440 and minutes_before < 2880), 0) as revenue_day_before,
    count(*) filter (where not is_counted and minutes_before < 1440) as lost_day,
    count(*) filter (where not is_customer_known) as unknown_customers,
    count(*) filter (where not is_product_known) as unknown_products
from recent_orders
