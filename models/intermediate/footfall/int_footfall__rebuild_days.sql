{% set newest_load_built = newest_load_built() %}

with stores as (
    select * from {{ ref('int_footfall__store_changes') }}
    where first_hour_at is not null
),

local_hours as (
    select * from {{ ref('int_footfall__local_hours') }}
),

sensor_doors as (
    select * from {{ ref('int_footfall__sensor_doors') }}
),

arrived as (
    select distinct
        sensor_id,
        hour_start_at
    from {{ ref('stg_footfall__readings') }}
    -- where everything is rebuilt, what arrived since makes no difference
    where _dlt_load_id > '{{ newest_load_built }}' and {{ 'true' if newest_load_built else 'false' }}
),

days_of_arrivals as (
    select
        sensor_doors.store_id,
        local_hours.visit_date
    from arrived
    inner join sensor_doors on arrived.sensor_id = sensor_doors.sensor_id
    inner join local_hours
        on
            sensor_doors.timezone = local_hours.timezone
            and arrived.hour_start_at = local_hours.hour_start_at
),

local_days as (
    select
        timezone,
        visit_date,
        min(hour_start_at) as first_hour_at,
        max(hour_start_at) as last_hour_at
    from local_hours
    group by timezone, visit_date
),

days_of_stores as (
    -- the whole history, or what lies between the newest hour last time and now
    select
        stores.store_id,
        local_days.visit_date
    from stores
    inner join local_days
        on
            stores.timezone = local_days.timezone
            and stores.newest_hour_at >= local_days.first_hour_at
            and case
                when stores.rebuilds_all then {{ dbt.date_trunc('hour', 'stores.first_hour_at') }}
                else stores.built_newest_hour_at
            end <= local_days.last_hour_at
    where stores.rebuilds_all or stores.newest_hour_at > stores.built_newest_hour_at
),

touched as (
    select * from days_of_arrivals
    union distinct
    select * from days_of_stores
),

weeks_reached as (
    -- Expectation looks 4 weeks back, the average 3, its change 1 more: 8 weeks in all. The same day last year: 52.
    {% for weeks in [0, 1, 2, 3, 4, 5, 6, 7, 8, 52] %}
        select {{ weeks }} as weeks
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

reached as (
    select
        touched.store_id,
        {{ add_days('touched.visit_date', '7 * weeks_reached.weeks') }} as visit_date,
        weeks_reached.weeks <= 4 as rebuilds_hours
    from touched
    cross join weeks_reached
),

newest_days as (
    select
        stores.store_id,
        local_days.visit_date
    from stores
    inner join local_days
        on
            stores.timezone = local_days.timezone
            and stores.newest_hour_at between local_days.first_hour_at and local_days.last_hour_at
),

final as (
    select
        reached.store_id,
        reached.visit_date,
        max(reached.rebuilds_hours) as rebuilds_hours,
        true as rebuilds_days
    from reached
    inner join newest_days on reached.store_id = newest_days.store_id
    where reached.visit_date <= newest_days.visit_date
    group by reached.store_id, reached.visit_date
)

select * from final
order by visit_date, store_id
