select
    max(newest_hour_at) as newest_hour,
    count(*) as stores
from dim_stores
