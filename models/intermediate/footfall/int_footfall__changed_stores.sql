{% set rebuilds_all = rebuilds_all_footfall() %}

with feeds as (
    select * from {{ ref('int_footfall__store_feeds') }}
),

watermarks as (
    -- as the model that is furthest behind saw the store
    select
        store_id,
        count(*) as models,
        count(distinct reference_fingerprint) as fingerprints,
        min(reference_fingerprint) as reference_fingerprint,
        max(first_hour_at) as first_hour_at,
        min(newest_hour_at) as newest_hour_at
    from {{ ref('int_footfall__build_watermarks') }}
    group by store_id
),

compared_feeds as (
    select
        feeds.store_id,
        feeds.timezone,
        feeds.first_hour_at,
        feeds.newest_hour_at,
        watermarks.newest_hour_at as built_newest_hour_at,
        {{ 'true' if rebuilds_all else 'false' }}
        or coalesce(watermarks.models, 0) < {{ incremental_footfall_models() | length }}
        or watermarks.fingerprints > 1
        or watermarks.reference_fingerprint <> feeds.reference_fingerprint
        or (watermarks.first_hour_at is distinct from feeds.first_hour_at)
            as rebuilds_all
    from feeds
    left join watermarks on feeds.store_id = watermarks.store_id
),

final as (
    select
        store_id,
        timezone,
        rebuilds_all,
        case when rebuilds_all then first_hour_at else built_newest_hour_at end as changed_from_hour_at,
        newest_hour_at as changed_until_hour_at
    from compared_feeds
    where rebuilds_all or newest_hour_at > built_newest_hour_at
)

select * from final
