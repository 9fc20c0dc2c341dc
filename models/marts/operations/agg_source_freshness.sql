with looks as (
    select * from {{ ref('int_operations__looks') }}
),

ages as (
    select * from {{ ref('int_operations__alert_measures') }}
    where kind = 'feed_old'
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
        min(begins_at) as oldest_at,
        max(begins_at) as newest_at,
        -- a day of sales is the newest there can be while it lasts, and ends in the future
        greatest(max(value), 0) as age_hours
    from ages
    group by source
),

limits as (
    select
        looks.source,
        coalesce(
            min(case when rules.applies_to = looks.source then rules.threshold end), min(case when rules.applies_to is null then rules.threshold end)
        ) as limit_hours
    from looks
    left join rules on rules.applies_to is null or rules.applies_to = looks.source
    group by looks.source
),

final as (
    select
        looks.source,
        coalesce(feeds.feeds, 0) as feeds,
        looks.looked_at,
        looks.loaded_at,
        looks.failures_in_a_row,
        feeds.newest_at,
        feeds.oldest_at,
        feeds.age_hours,
        limits.limit_hours,
        coalesce(feeds.age_hours <= limits.limit_hours, feeds.age_hours is not null) and looks.failures_in_a_row = 0 as is_fresh
    from looks
    left join feeds on looks.source = feeds.source
    left join limits on looks.source = limits.source
)

select * from final
