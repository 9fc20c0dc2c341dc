with days as (
    select
        station_id,
        parameter,
        max(parameter_name) as parameter_name,
        cast(measured_at as date) as measured_date,
        count(*) as hours,
        median(value) as median_value,
        max(value) as largest_value,
        max(feed) as feed,
        max(_dlt_load_id) as load_id
    from {{ ref('int_air_quality__values') }}
    group by station_id, parameter, cast(measured_at as date)
),

compared as (
    select
        *,
        {{ median_over('case when median_value > 0 then median_value end', 'before') }} as median_before,
        {{ median_over('case when largest_value > 0 then largest_value end', 'before') }} as largest_before
    from days
    window before as (
        partition by station_id, parameter
        order by {{ day_number('measured_date') }}
        range between 28 preceding and 1 preceding
    )
),

-- the largest value too: where a zero drifts, the median of a day may be close to nothing
with_factors as (
    select
        *,
        median_value / median_before as factor,
        largest_value / largest_before as factor_of_largest
    from compared
    where median_value > 0 and largest_value > 0
),

final as (
    select
        station_id,
        parameter,
        parameter_name,
        measured_date,
        median_value,
        median_before,
        factor,
        feed,
        {{ load_started_at('load_id') }} as first_seen_at
    from with_factors
    where
        hours >= {{ threshold('least_hours_of_an_air_day') }}
        and (
            least(factor, factor_of_largest) >= {{ threshold('air_unit_factor') }}
            or greatest(factor, factor_of_largest) <= 1.0 / {{ threshold('air_unit_factor') }}
        )
)

select * from final
