-- The sensors that have a page: those in service, and those that have counted since the data begins.
select
    sensors.*,
    stores.store_name,
    stores.latest_complete_date,
    case
        when not sensors.is_in_service then 'replaced'
        when sensors.newest_observed_hour_at is null then 'no readings yet'
        when sensors.open_hours_silent >= 3 then 'silent'
        else 'in service'
    end as state
from dim_sensors as sensors
inner join named_stores as stores on sensors.store_id = stores.store_id
where sensors.is_in_service or sensors.removed_at > stores.first_hour_at
