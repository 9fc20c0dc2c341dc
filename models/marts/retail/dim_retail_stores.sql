with stores as (
    select * from {{ ref('stg_retail__stores') }}
),

sold as (
    select distinct retail_store_id from {{ ref('fct_sales') }}
),

regions as (
    select * from {{ ref('regions') }}
),

final as (
    select
        coalesce(stores.retail_store_id, sold.retail_store_id) as retail_store_id,
        stores.city,
        coalesce(regions.region, 'unknown') as region,
        stores.employees
    from stores
    full outer join sold on stores.retail_store_id = sold.retail_store_id
    left join regions on lower(stores.city) = lower(regions.city)
)

select * from final
