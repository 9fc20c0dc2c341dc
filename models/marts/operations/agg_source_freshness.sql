with source_loads as (
    select * from {{ ref('int_operations__source_loads') }}
),

rules as (
    select * from {{ ref('alert_rules') }}
    where kind = 'feed_old'
),

-- The oldest feed of each source: one store that is silent is not made good by the others.
feeds as (
    select
        source,
        count(*) as feeds,
        min(newest_at) as oldest_at,
        max(newest_at) as newest_at,
        -- a day of sales is the newest there can be while it lasts, and ends in the future
        greatest(max(age_hours), 0) as age_hours
    from {{ ref('int_operations__feeds') }}
    -- a store that has delivered nothing yet has an alert of its own, and no data that could be old
    where newest_at is not null
    group by source
),

limits as (
    -- as for the alert: a rule for the source comes before the one for all, and the source's own limit stands where a rule has none
    select
        source_loads.source,
        coalesce(
            case
                when count(rules.applies_to) > 0 then min(case when rules.applies_to is not null then rules.threshold end)
                else min(rules.threshold)
            end,
            source_loads.limit_hours
        ) as limit_hours
    from source_loads
    left join rules on rules.applies_to is null or source_loads.source = rules.applies_to
    group by source_loads.source, source_loads.limit_hours
),

final as (
    select
        source_loads.source,
        coalesce(feeds.feeds, 0) as feeds,
        source_loads.checked_at,
        source_loads.loaded_at,
        source_loads.failures_in_a_row,
        feeds.newest_at,
        feeds.oldest_at,
        feeds.age_hours,
        source_loads.hours_since_load,
        limits.limit_hours,
        source_loads.failures_in_a_row = 0
        and feeds.age_hours is not null
        and coalesce(greatest(feeds.age_hours, source_loads.hours_since_load) <= limits.limit_hours, true) as is_fresh
    from source_loads
    left join feeds on source_loads.source = feeds.source
    left join limits on source_loads.source = limits.source
)

select * from final
