with stores as (
    select * from {{ built_or_empty('dim_stores') }}
),

sensors as (
    select * from {{ built_or_empty('dim_sensors') }}
),

latest_days as (
    select
        days.*,
        stores.store_name
    from {{ built_or_empty('fct_store_visits_daily') }} as days
    inner join stores
        on
            days.store_id = stores.store_id
            and days.visit_date = stores.latest_complete_date
),

runs as (
    select
        *,
        row_number() over (partition by what, source order by started_at desc) as age
    from {{ ref('fct_runs') }}
    where what = 'ingestion' and outcome <> 'running'
),

rejected as (
    select
        source,
        count(*) as records,
        max(first_seen_at) as newest_seen_at
    from {{ built_or_empty('fct_rejected_records') }}
    group by source
),

now_of_the_data as (
    -- not the machine's clock: the end of the newest ingestion, beyond which nobody has looked
    select max(ended_at) as looked_at
    from runs
),

silent_stores as (
    select
        'feed_silent' as kind,
        1 as severity,
        stores.store_id,
        cast(null as {{ dbt.type_string() }}) as sensor_id,
        stores.store_name || ': no new data' as title,
        coalesce('The newest hour is ' || {{ moment_text('stores.newest_hour_at') }} || ' UTC.', 'Nothing has come yet.') as detail
    from stores
    cross join now_of_the_data
    where
        stores.newest_hour_at is null
        or {{ dbt.dateadd('hour', 24, 'stores.newest_hour_at') }} < now_of_the_data.looked_at
),

failed_runs as (
    select
        'run_failed' as kind,
        1 as severity,
        cast(null as {{ dbt.type_string() }}) as store_id,
        cast(null as {{ dbt.type_string() }}) as sensor_id,
        source || ': the last ingestion failed' as title,
        coalesce(message, 'No reason was given.') || ' (' || {{ moment_text('started_at') }} || ' UTC)' as detail
    from runs
    where age = 1 and outcome = 'failed'
),

silent_sensors as (
    select
        'sensors_silent' as kind,
        case when max(sensors.open_hours_silent) >= 10 then 1 else 2 end as severity,
        stores.store_id,
        case when count(*) = 1 then min(sensors.sensor_id) end as sensor_id,
        stores.store_name || ': '
        || case
            when count(*) = 1 then 'a door is silent'
            else cast(count(*) as {{ dbt.type_string() }}) || ' doors are silent'
        end as title,
        {{ dbt.listagg(
            "sensors.sensor_id || ' for ' || cast(sensors.open_hours_silent as varchar) || ' open hours'",
            "', '", "order by sensors.open_hours_silent desc, sensors.sensor_id"
        ) }} || '.' as detail
    from sensors
    inner join stores on sensors.store_id = stores.store_id
    where sensors.is_in_service and sensors.open_hours_silent >= 3
    group by stores.store_id, stores.store_name
),

low_coverage as (
    select
        'coverage_low' as kind,
        2 as severity,
        store_id,
        cast(null as {{ dbt.type_string() }}) as sensor_id,
        store_name || ': low coverage' as title,
        cast(cast(floor(coverage_pct) as integer) as {{ dbt.type_string() }}) || ' % of the open hours were counted on '
        || {{ day_text('visit_date') }} || ', the rest is estimated.' as detail
    from latest_days
    where coverage_pct < 90
),

far_from_average as (
    select
        'far_from_average' as kind,
        2 as severity,
        store_id,
        cast(null as {{ dbt.type_string() }}) as sensor_id,
        store_name || ': far ' || case when visits_vs_avg_4w_pct > 0 then 'above' else 'below' end || ' its average' as title,
        cast(cast(round(abs(visits_vs_avg_4w_pct)) as integer) as {{ dbt.type_string() }}) || ' % '
        || case when visits_vs_avg_4w_pct > 0 then 'above' else 'below' end || ' the mean of four weeks on '
        || {{ day_text('visit_date') }} || '.' as detail
    from latest_days
    where abs(visits_vs_avg_4w_pct) >= 25 and weeks_in_avg_4w >= 3 and not is_closed_day
),

set_aside as (
    select
        'records_rejected' as kind,
        2 as severity,
        cast(null as {{ dbt.type_string() }}) as store_id,
        cast(null as {{ dbt.type_string() }}) as sensor_id,
        rejected.source || ': '
        || case when rejected.records = 1 then 'a record' else cast(rejected.records as {{ dbt.type_string() }}) || ' records' end
        || ' set aside' as title,
        'They are in no total. The newest came on ' || {{ moment_text('rejected.newest_seen_at') }} || ' UTC.' as detail
    from rejected
    cross join now_of_the_data
    where {{ dbt.dateadd('day', 7, 'rejected.newest_seen_at') }} > now_of_the_data.looked_at
),

together as (
    {% for kind in ['silent_stores', 'failed_runs', 'silent_sensors', 'low_coverage', 'far_from_average', 'set_aside'] %}
        select * from {{ kind }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        kind || ' ' || coalesce(store_id, title) as attention_id,
        kind,
        store_id,
        sensor_id,
        title,
        detail,
        severity = 1 as is_urgent
    from together
)

select * from final
