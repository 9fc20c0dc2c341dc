select
    max(pm2_5_limit) as pm2_5,
    max(co_limit) as co
from fct_air_quality_daily
