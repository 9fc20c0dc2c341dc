-- What rules look at: series over the last week (a late count may still come), and single figures of now.
{% set days = 7 %}

with looks as (
    select * from {{ ref('int_operations__looks') }}
),

newest_look as (
    select max(looked_at) as looked_at from looks
),

stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

hours as (
    select
        hours.*,
        stores.store_name
    from {{ built_or_empty('fct_sensor_visits_hourly') }} as hours
    inner join stores on hours.store_id = stores.store_id
    where
        hours.is_open
        and hours.is_observed
        and hours.hour_start_at > {{ dbt.dateadd('day', -days, 'stores.newest_hour_at') }}
        -- the same for all, so that only the newest hours are read
        and hours.hour_start_at > (select {{ dbt.dateadd('day', -days, 'min(newest_hour_at)') }} from {{ built_or_empty('dim_stores') }})
),

store_days as (
    -- closed days are in no average here: the day after a holiday week is no surprise
    select
        days.store_id,
        days.visit_date,
        days.coverage_pct,
        days.visits_estimated,
        days.is_complete,
        stores.store_name,
        stores.timezone,
        days.visit_date > {{ add_days('stores.latest_complete_date', -days) }} as is_recent,
        cast(
            avg(case when days.is_complete and not days.is_closed_day then days.visits_estimated end) over four_weeks as double
        ) as visits_average,
        count(case when days.is_complete and not days.is_closed_day then days.visits_estimated end) over four_weeks as weeks
    from {{ built_or_empty('fct_store_visits_daily') }} as days
    inner join stores on days.store_id = stores.store_id
    where
        not days.is_closed_day
        and days.visit_date > {{ add_days('stores.latest_complete_date', -(days + 22)) }}
    window four_weeks as (
        partition by days.store_id, days.iso_weekday
        order by {{ day_number('days.visit_date') }}
        range between 21 preceding and current row
    )
),

recent_store_days as (
    select
        *,
        {{ local_midnight('visit_date', 'timezone') }} as begins_at
    from store_days
    where is_recent and is_complete
),

sensor_hours as (
    select
        'sensor_below' as kind,
        'footfall' as source,
        store_id,
        sensor_id as entity,
        hour_start_at as begins_at,
        cast(visits as double) as value,
        cast(null as double) as own_threshold,
        true as may_open,
        sensor_id || ' counted ' || cast(visits as {{ dbt.type_string() }}) || ' in the hour from '
        || {{ moment_text('hour_start_at') }} || ' UTC' as finding
    from hours
),

silences as (
    select
        'sensor_silent' as kind,
        'footfall' as source,
        silent.store_id,
        silent.sensor_id as entity,
        silent.silent_since as begins_at,
        cast(silent.open_hours_silent as double) as value,
        cast(null as double) as own_threshold,
        -- where the whole store is silent that is one thing to say, and not one for each door
        {{ dbt.dateadd('hour', 24, 'stores.newest_hour_at') }} > looks.loaded_at as may_open,
        silent.sensor_id || ' has been silent for ' || cast(silent.open_hours_silent as {{ dbt.type_string() }}) || ' open hours, '
        || coalesce('last heard of ' || {{ moment_text('silent.newest_observed_hour_at') }} || ' UTC', 'never heard of') as finding
    from {{ ref('int_operations__open_hours_since') }} as silent
    inner join stores on silent.store_id = stores.store_id
    inner join looks on looks.source = 'footfall'
),

far_days as (
    select
        'store_day_off_average' as kind,
        'footfall' as source,
        store_id,
        store_id as entity,
        begins_at,
        abs(100 * (cast(visits_estimated as double) - visits_average) / visits_average) as value,
        cast(null as double) as own_threshold,
        true as may_open,
        store_name || ' was ' || cast(cast(round(abs(100 * (visits_estimated - visits_average) / visits_average)) as integer) as {{ dbt.type_string() }})
        || ' % ' || case when visits_estimated > visits_average then 'above' else 'below' end
        || ' its 4-week average on ' || {{ day_text('visit_date') }} as finding
    from recent_store_days
    where visits_average > 0 and weeks >= 3 and visits_estimated is not null
),

coverages as (
    select
        'coverage_below' as kind,
        'footfall' as source,
        store_id,
        store_id as entity,
        begins_at,
        coverage_pct as value,
        cast(null as double) as own_threshold,
        true as may_open,
        store_name || ' was counted in ' || cast(cast(floor(coverage_pct) as integer) as {{ dbt.type_string() }})
        || ' % of its open hours on ' || {{ day_text('visit_date') }} as finding
    from recent_store_days
    where coverage_pct is not null
),

feeds as (
    select
        'footfall' as source,
        store_id,
        store_id as entity,
        newest_hour_at as newest_at
    from stores

    union all

    select
        'air_quality' as source,
        null as store_id,
        cast(station_id as {{ dbt.type_string() }}) as entity,
        newest_measured_at as newest_at
    from {{ built_or_empty('dim_stations') }}

    union all

    select
        'retail' as source,
        null as store_id,
        'retail' as entity,
        {{ dbt.dateadd('day', 1, 'max(sale_date)') }} as newest_at
    from {{ built_or_empty('agg_sales_daily') }}

    union all

    select
        'orders' as source,
        null as store_id,
        'orders' as entity,
        max(hour_start_at) as newest_at
    from {{ built_or_empty('agg_orders_hourly') }}
),

ages as (
    select
        'feed_old' as kind,
        feeds.source,
        feeds.store_id,
        feeds.entity,
        feeds.newest_at as begins_at,
        cast({{ dbt.datediff('feeds.newest_at', 'newest_look.looked_at', 'minute') }} as double) / 60 as value,
        cast(null as double) as own_threshold,
        true as may_open,
        feeds.source || case when feeds.entity <> feeds.source then ' of ' || feeds.entity else '' end
        || ' brought nothing newer than ' || {{ moment_text('feeds.newest_at') }} || ' UTC' as finding
    from feeds
    cross join newest_look
    where feeds.newest_at is not null
),

failed_ingestions as (
    select
        'ingestion_failed' as kind,
        source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        source as entity,
        failing_since as begins_at,
        cast(failures_in_a_row as double) as value,
        cast(null as double) as own_threshold,
        true as may_open,
        'the ingestion of ' || source || ' failed' || coalesce(': ' || newest_message, '') as finding
    from looks
    where failures_in_a_row > 0
),

air_days as (
    {% for pollutant, (name, unit) in {'co': ('CO', 'mg/m³'), 'pm2_5': ('PM2.5', 'µg/m³')}.items() %}
        select
            'air_limit_passed' as kind,
            '{{ pollutant }}' as source,
            cast(null as {{ dbt.type_string() }}) as store_id,
            '{{ pollutant }} at ' || cast(days.station_id as {{ dbt.type_string() }}) as entity,
            cast(days.measured_date as timestamp) as begins_at,
            round(days.{{ pollutant }}_mean, 9) as value,
            days.{{ pollutant }}_limit as own_threshold,
            true as may_open,
            '{{ name }} at ' || cast(days.station_id as {{ dbt.type_string() }}) || ' had a mean of '
            || cast(round(days.{{ pollutant }}_mean, 1) as {{ dbt.type_string() }}) || ' {{ unit }} on ' || {{ day_text('days.measured_date') }} as finding
        from {{ built_or_empty('fct_air_quality_daily') }} as days
        inner join {{ built_or_empty('dim_stations') }} as stations on days.station_id = stations.station_id
        where
            days.is_valid_{{ pollutant }}
            and days.is_complete
            and {{ dbt.dateadd('day', days + 1, 'days.measured_date') }} > stations.newest_measured_at
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

rejected as (
    select
        records.source,
        count(*) as records,
        min(records.first_seen_at) as first_seen_at
    from {{ built_or_empty('fct_rejected_records') }} as records
    cross join newest_look
    where records.first_seen_at > {{ dbt.dateadd('hour', -24, 'newest_look.looked_at') }}
    group by records.source
),

rejected_shares as (
    select
        'rejected_above' as kind,
        rejected.source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        rejected.source as entity,
        rejected.first_seen_at as begins_at,
        100 * cast(rejected.records as double) / greatest(looks.rows_in_24_hours, rejected.records) as value,
        cast(null as double) as own_threshold,
        true as may_open,
        cast(rejected.records as {{ dbt.type_string() }}) || ' records of ' || rejected.source || ' were set aside in 24 hours, of '
        || cast(greatest(looks.rows_in_24_hours, rejected.records) as {{ dbt.type_string() }}) || ' that came' as finding
    from rejected
    inner join looks on rejected.source = looks.source
),

failed_tests as (
    select
        'test_failed' as kind,
        'dbt' as source,
        cast(null as {{ dbt.type_string() }}) as store_id,
        name as entity,
        min(failing_since) as begins_at,
        cast(max(coalesce(failures, 1)) as double) as value,
        cast(null as double) as own_threshold,
        true as may_open,
        case when max(resource_type) in ('test', 'unit_test') then 'the test ' else 'the model ' end || name || ' failed' as finding
    from {{ ref('stg_operations__test_results') }}
    where outcome in ('fail', 'error')
    group by name
),

final as (
    {% for part in [
        'sensor_hours', 'silences', 'far_days', 'coverages', 'ages', 'failed_ingestions', 'air_days', 'rejected_shares', 'failed_tests',
    ] %}
        select * from {{ part }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
