with measures as (
    select * from {{ ref('int_operations__alert_measures') }}
),

rules as (
    select * from {{ ref('alert_rules') }}
),

matched as (
    select
        measures.*,
        rules.rule_id,
        rules.severity,
        coalesce(rules.threshold, measures.own_threshold) as threshold,
        -- a rule for a sensor comes before one for its store, that before one for its source, that before one for all
        rank() over (
            partition by measures.kind, measures.source, measures.entity
            order by
                case
                    when rules.applies_to is null then 4
                    when rules.applies_to = measures.entity then 1
                    when rules.applies_to = measures.store_id then 2
                    else 3
                end
        ) as nearness
    from measures
    inner join rules
        on
            measures.kind = rules.kind
            and (
                rules.applies_to is null
                or rules.applies_to in (measures.entity, measures.source)
                or rules.applies_to = measures.store_id
            )
),

compared as (
    select
        *,
        case at_fault_when
            when 'below' then value < threshold
            when 'at least' then value >= threshold
            else value > threshold
        end as is_at_fault,
        lead(begins_at) over series as next_begins_at
    from matched
    where nearness = 1
    window series as (partition by rule_id, entity order by begins_at)
),

bounded as (
    select
        *,
        case when is_at_fault = lag(is_at_fault) over (partition by rule_id, entity order by begins_at) then 0 else 1 end as is_first
    from compared
),

numbered as (
    select
        *,
        sum(is_first) over (
            partition by rule_id, entity order by begins_at rows between unbounded preceding and current row
        ) as stretch
    from bounded
),

final as (
    select
        rule_id,
        entity,
        kind,
        severity,
        store_id,
        threshold,
        min(begins_at) as opened_at,
        -- closed where a measure followed for which the rule does not hold
        case when count(next_begins_at) = count(*) then max(next_begins_at) end as closed_at,
        {{ value_of_newest('value', 'begins_at') }} as value,
        {{ value_of_newest('message', 'begins_at') }} as message,
        {{ value_of_newest('message_parts', 'begins_at') }} as message_parts,
        min(case when may_open then 1 else 0 end) = 1 as may_open
    from numbered
    where is_at_fault
    group by rule_id, entity, kind, severity, store_id, threshold, stretch
)

select * from final
