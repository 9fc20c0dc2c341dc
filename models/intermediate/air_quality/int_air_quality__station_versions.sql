with stations as (
    select
        *,
        cast(row_number() over (partition by station_id order by received_at) as bigint) as version_number
    from {{ ref('stg_air_quality__stations') }}
),

-- A version is that of the hours that no earlier answer held; the first known one reaches back without limit.
begun as (
    select
        *,
        max(
            case
                when version_number > 1 then coalesce({{ dbt.dateadd('hour', 1, 'previous_newest_at') }}, cast('0001-01-01' as timestamp))
                else cast('0001-01-01' as timestamp)
            end
        ) over (partition by station_id order by received_at rows between unbounded preceding and current row) as holds_from
    from stations
),

final as (
    select
        station_id,
        version_number,
        station_name,
        latitude,
        longitude,
        lead(received_at) over versions is null as is_current,
        holds_from,
        coalesce(lead(holds_from) over versions, cast('9999-12-31' as timestamp)) as holds_until,
        received_at
    from begun
    window versions as (partition by station_id order by received_at)
)

select * from final
