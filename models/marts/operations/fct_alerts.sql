{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='alert_id',
    on_schema_change='append_new_columns',
    full_refresh=false,
) }}

with episodes as (
    select
        md5(concat_ws('|', rule_id, entity, cast(opened_at as {{ dbt.type_string() }}))) as alert_id,
        *
    from {{ ref('int_operations__alert_episodes') }}
),

known as (
    {% if is_incremental() %}
        select * from {{ this }}
    {% else %}
        select * from episodes
        where false
    {% endif %}
),

looks as (
    select max(looked_at) as looked_at from {{ ref('int_operations__looks') }}
),

test_looks as (
    select
        name,
        max(tested_at) as tested_at
    from {{ ref('stg_operations__test_results') }}
    group by name
),

-- An alert that is open goes on where its rule still finds its entity at fault, whatever late data has made of the beginning.
lasting as (
    select
        known.alert_id,
        known.rule_id,
        known.entity,
        known.kind,
        known.severity,
        known.store_id,
        known.opened_at,
        cast(null as timestamp) as closed_at,
        episodes.value,
        episodes.threshold,
        episodes.message
    from known
    inner join episodes
        on
            known.rule_id = episodes.rule_id
            and known.entity = episodes.entity
            and episodes.closed_at is null
    where known.closed_at is null
),

over as (
    -- when it ended, as the data says; where the data says nothing, when that was seen
    select
        known.alert_id,
        known.rule_id,
        known.entity,
        known.kind,
        known.severity,
        known.store_id,
        known.opened_at,
        greatest(
            known.opened_at,
            coalesce(
                max(episodes.closed_at),
                max(test_looks.tested_at),
                max(looks.looked_at),
                known.opened_at
            )
        ) as closed_at,
        known.value,
        known.threshold,
        known.message
    from known
    cross join looks
    left join test_looks on known.kind = 'test_failed' and known.entity = test_looks.name
    left join episodes
        on
            known.rule_id = episodes.rule_id
            and known.entity = episodes.entity
            and episodes.closed_at > known.opened_at
    where
        known.closed_at is null
        and known.alert_id not in (select alert_id from lasting)
    group by
        known.alert_id, known.rule_id, known.entity, known.kind, known.severity, known.store_id, known.opened_at,
        known.value, known.threshold, known.message
),

-- What no alert on record covers: of what is over, one that overlaps it; of what lasts, one that is open. One that was closed and turns out
-- to last is open again under its own id.
opened as (
    select
        episodes.alert_id,
        episodes.rule_id,
        episodes.entity,
        episodes.kind,
        episodes.severity,
        episodes.store_id,
        episodes.opened_at,
        episodes.closed_at,
        episodes.value,
        episodes.threshold,
        episodes.message
    from episodes
    where
        episodes.may_open
        and not exists (
            select 1
            from known
            where
                known.rule_id = episodes.rule_id
                and known.entity = episodes.entity
                and case
                    when episodes.closed_at is null then known.closed_at is null
                    else
                        known.opened_at <= episodes.closed_at
                        and (known.closed_at is null or known.closed_at >= episodes.opened_at)
                end
        )
),

together as (
    select * from lasting
    union all
    select * from over
    union all
    select * from opened
),

final as (
    -- only what differs from what is on record
    select together.*
    from together
    left join known on together.alert_id = known.alert_id
    where
        known.alert_id is null
        or (known.closed_at is distinct from together.closed_at)
        or (known.value is distinct from together.value)
        or (known.threshold is distinct from together.threshold)
        or (known.message is distinct from together.message)
)

select * from final
