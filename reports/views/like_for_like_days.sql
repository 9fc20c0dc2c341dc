select
    store_id,
    visit_date as day,
    visits::double as visits,
    visits_compared::double as compared
from fct_like_for_like_daily
