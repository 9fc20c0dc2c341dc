with sensor_days as (
    select * from {{ ref('int_footfall__sensor_days') }}
),

final as (
    select
        store_id,
        visit_date,
        iso_weekday,
        is_complete,
        is_closed_day,
        is_unusual,
        is_rebuilt,
        cast(sum(open_hours) as bigint) as open_hours,
        cast(sum(observed_hours) as bigint) as observed_hours,
        cast(sum(anomalous_hours) as bigint) as anomalous_hours,
        cast(sum(imputed_hours) as bigint) as imputed_hours,
        cast(sum(visits) as bigint) as visits,
        case when count(visits_estimated) = count(*) then cast(sum(visits_estimated) as decimal(18, 3)) end
            as visits_estimated
    from sensor_days
    group by store_id, visit_date, iso_weekday, is_complete, is_closed_day, is_unusual, is_rebuilt
)

select * from final
