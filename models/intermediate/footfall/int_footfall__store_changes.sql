{% set rebuilds_all = rebuilds_all_footfall() %}

with stores as (
    select * from {{ ref('stg_footfall__stores') }}
),

sensors as (
    select * from {{ ref('stg_footfall__sensors') }}
),

feeds as (
    select * from {{ ref('int_footfall__sensor_feeds') }}
),

closed_days as (
    select * from {{ ref('int_footfall__closed_days') }}
),

built as (
    -- as the model that is furthest behind saw it
    select
        store_id,
        count(*) as models,
        count(distinct reference_fingerprint) as fingerprints,
        min(reference_fingerprint) as reference_fingerprint,
        max(first_hour_at) as first_hour_at,
        min(newest_hour_at) as newest_hour_at
    from {{ footfall_build_state() if execute else '(select null as store_id) as nothing' }}
    group by store_id
),

newest_load as (
    select max(newest_load_id) as newest_load_id from feeds
),

sensor_facts as (
    select
        sensors.store_id,
        min(feeds.first_hour_at) as first_hour_at,
        max(feeds.newest_hour_at) as newest_hour_at,
        {{ dbt.listagg(
            "concat_ws('|', sensors.sensor_id, sensors.door, sensors.installed_at, coalesce(cast(sensors.removed_at as varchar), ''))",
            "','", "order by sensors.sensor_id"
        ) }} as fingerprint
    from sensors
    left join feeds on sensors.sensor_id = feeds.sensor_id
    group by sensors.store_id
),

closed_day_facts as (
    select
        store_id,
        {{ dbt.listagg("cast(visit_date as varchar)", "','", "order by visit_date") }} as fingerprint
    from closed_days
    group by store_id
),

fingerprints as (
    select
        stores.store_id,
        stores.timezone,
        sensor_facts.first_hour_at,
        sensor_facts.newest_hour_at,
        md5(
            concat_ws(
                ';', stores.timezone, stores.opens_at, stores.closes_at, sensor_facts.fingerprint,
                closed_day_facts.fingerprint
            )
        ) as reference_fingerprint
    from stores
    left join sensor_facts on stores.store_id = sensor_facts.store_id
    left join closed_day_facts on stores.store_id = closed_day_facts.store_id
),

final as (
    select
        fingerprints.store_id,
        fingerprints.timezone,
        fingerprints.first_hour_at,
        fingerprints.newest_hour_at,
        fingerprints.reference_fingerprint,
        newest_load.newest_load_id,
        built.newest_hour_at as built_newest_hour_at,
        {{ 'true' if rebuilds_all else 'false' }}
        or coalesce(built.models, 0) < {{ incremental_footfall_models() | length }}
        or built.fingerprints > 1
        or built.reference_fingerprint <> fingerprints.reference_fingerprint
        or (built.first_hour_at is distinct from fingerprints.first_hour_at)
            as rebuilds_all
    from fingerprints
    cross join newest_load
    left join built on fingerprints.store_id = built.store_id
)

select * from final
