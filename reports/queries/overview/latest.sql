-- Each store's latest complete day.
select
    stores.store_name as name,
    store_link(stores.store_id) as link,
    days.day,
    days.counted,
    days.estimated,
    days.usual,
    days.vs_usual,
    days.coverage,
    days.is_closed,
    days.closed_reason
from named_stores as stores
inner join store_days as days on stores.store_id = days.store_id and stores.latest_complete_date = days.day
order by days.usual desc nulls last, name asc
