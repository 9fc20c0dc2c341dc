with feeds as (
    select * from {{ ref('int_operations__feeds') }}
),

final as (
    select
        source,
        store_id,
        entity,
        waits_since as begins_at,
        age_hours as value,
        'above' as at_fault_when,
        limit_hours as own_threshold,
        true as may_open,
        {{ alert_message('feed_old', [('newest_at is null', 'never'), ('entity = source', 'message'), (none, 'of_one_feed')], {
            'source': 'source', 'entity': 'entity', 'moment': 'newest_at',
        }) }}
    from feeds
)

select * from final
