{% set values = {'source': 'source', 'entity': 'entity', 'moment': moment_text('newest_at')} %}

with feeds as (
    select * from {{ ref('int_operations__feeds') }}
),

final as (
    select
        source,
        store_id,
        entity,
        newest_at as begins_at,
        age_hours as value,
        'above' as at_fault_when,
        limit_hours as own_threshold,
        true as may_open,
        case
            when entity = source then {{ message('alerts.feed_old.message', values) }}
            else {{ message('alerts.feed_old.of_one_feed', values) }}
        end as message
    from feeds
)

select * from final
