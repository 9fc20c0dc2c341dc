-- The device before it at its door, and the one after. One that had left before the data begins has no page.
with others as (
    select
        sensors.sensor_id,
        sensors.replaces_sensor_id,
        case when shown.sensor_id is not null then sensor_link(sensors.sensor_id) end as link
    from dim_sensors as sensors
    left join shown_sensors as shown on sensors.sensor_id = shown.sensor_id
)

select
    successors.replaces_sensor_id as sensor_id,
    successors.sensor_id as other_id,
    true as is_successor,
    successors.link
from others as successors
where successors.replaces_sensor_id is not null
union all
select
    sensors.sensor_id,
    others.sensor_id as other_id,
    false as is_successor,
    others.link
from dim_sensors as sensors
inner join others on sensors.replaces_sensor_id = others.sensor_id
order by sensor_id, other_id
