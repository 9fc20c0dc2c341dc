{{ config(materialized='view') }}

with doors as (
    select distinct
        sensor_id,
        store_id,
        door_key
    from {{ ref('int_footfall__sensor_periods') }}
),

final as (
    select
        sensor_id,
        store_id,
        door_key,
        cast(row_number() over (order by sensor_id, store_id, door_key) as integer) as sensor_door_number,
        cast(dense_rank() over (order by store_id, door_key) as integer) as door_number,
        cast(dense_rank() over (order by store_id) as integer) as store_number,
        count(*) over (partition by store_id, door_key) > 1 as is_shared
    from doors
)

select * from final
