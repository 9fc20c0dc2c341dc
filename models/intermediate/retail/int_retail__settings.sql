with settings as (
    select * from {{ ref('stg_operations__source_settings') }}
    where source = 'retail'
),

final as (
    select
        -- A warehouse whose files were loaded before there was a setting.
        coalesce(max(case when setting = 'currency' then setting_value end), 'EUR') as currency,
        max(case when setting = 'timezone' then setting_value end) as timezone
    from settings
)

select * from final
