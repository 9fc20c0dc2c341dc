with stores as (
    select * from {{ ref('stg_retail__stores') }}
),

regions as (
    select * from {{ ref('regions') }}
),

final as (
    select
        stores.retail_store_id,
        stores.city,
        coalesce(regions.region, 'unknown') as region,
        stores.employees
    from stores
    left join regions on lower(stores.city) = lower(regions.city)
)

select * from final
