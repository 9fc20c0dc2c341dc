with episodes as (
    select
        md5(concat_ws('|', rule_id, entity, cast(opened_at as {{ dbt.type_string() }}))) as alert_id,
        *
    from {{ ref('int_operations__alert_episodes') }}
),

known as (
    {% if is_incremental() %}
        select {{ columns_with(this, 'message_parts') }} from {{ this }}
    {% else %}
        select * from episodes
        where false
    {% endif %}
),

ended as (
    select
        known.alert_id,
        coalesce(max(episodes.closed_at), max(tests.tested_at), max(source_runs.checked_at)) as closed_at
    from known
    left join {{ ref('int_operations__source_runs') }} as source_runs on true
    left join episodes on known.rule_id = episodes.rule_id and known.entity = episodes.entity and known.opened_at < episodes.closed_at
    left join {{ ref('stg_operations__test_results') }} as tests on known.kind = 'test_failed' and known.entity = tests.name
    group by known.alert_id
),

-- An alert that is open stays open while its rule still applies to its entity, even if late data has changed its beginning. Otherwise it
-- ended when the data says so; where the data says nothing, when that was seen.
continued as (
    select
        known.alert_id,
        known.rule_id,
        known.entity,
        known.kind,
        known.severity,
        known.store_id,
        known.opened_at,
        case when ongoing.alert_id is null then greatest(known.opened_at, ended.closed_at) end as closed_at,
        coalesce(ongoing.value, known.value) as value,
        coalesce(ongoing.threshold, known.threshold) as threshold,
        coalesce(ongoing.message, known.message) as message,
        coalesce(ongoing.message_parts, known.message_parts) as message_parts
    from known
    left join episodes as ongoing on known.rule_id = ongoing.rule_id and known.entity = ongoing.entity and ongoing.closed_at is null
    left join ended on known.alert_id = ended.alert_id
    where known.closed_at is null
),

-- What no alert on record covers: of what is over, one that overlaps it; of what lasts, one that is open. One that was closed and turns out
-- to last is open again under its own id.
opened as (
    select
        alert_id,
        rule_id,
        entity,
        kind,
        severity,
        store_id,
        opened_at,
        closed_at,
        value,
        threshold,
        message,
        message_parts
    from episodes
    where
        may_open
        and not exists (
            select 1
            from known
            where
                known.rule_id = episodes.rule_id
                and known.entity = episodes.entity
                and case
                    when episodes.closed_at is null then known.closed_at is null
                    else known.opened_at <= episodes.closed_at and coalesce(known.closed_at >= episodes.opened_at, true)
                end
        )
),

found as (
    select * from continued
    union all
    select * from opened
),

final as (
    -- only what differs from what is on record
    select found.*
    from found
    left join known on found.alert_id = known.alert_id
    where
        known.alert_id is null
        or (known.closed_at is distinct from found.closed_at)
        or (known.value is distinct from found.value or known.threshold is distinct from found.threshold)
        or (known.message is distinct from found.message or known.message_parts is distinct from found.message_parts)
)

select * from final
