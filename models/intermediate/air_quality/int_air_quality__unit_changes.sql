with days as (
    select
        station_id,
        parameter,
        max(parameter_name) as parameter_name,
        cast(measured_at as date) as measured_date,
        count(*) as hours,
        median(value) as median_value,
        max(_dlt_load_id) as load_id
    from {{ ref('int_air_quality__values') }}
    group by station_id, parameter, cast(measured_at as date)
),

compared as (
    select
        *,
        median(case when median_value > 0 then median_value end) over (
            partition by station_id, parameter
            order by measured_date
            range between interval 28 days preceding and interval 1 day preceding
        ) as median_before
    from days
),

final as (
    select
        station_id,
        parameter,
        parameter_name,
        measured_date,
        median_value,
        median_before,
        median_value / median_before as factor,
        {{ load_started_at('load_id') }} as first_seen_at
    from compared
    where
        median_value > 0
        and hours >= {{ threshold('least_hours_of_an_air_day') }}
        and (median_value / median_before >= {{ threshold('air_unit_factor') }} or median_before / median_value >= {{ threshold('air_unit_factor') }})
)

select * from final
