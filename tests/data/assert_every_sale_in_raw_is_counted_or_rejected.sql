-- Each line in raw is a sale or an unusable record: none is lost, none is both.
with raw_sales as (
    select
        count(*) as sales,
        coalesce(sum(quantity), 0) as units
    from {{ ref('stg_retail__sales') }}
    where withdrawn_at is null
),

counted as (
    select
        count(*) as sales,
        coalesce(sum(quantity), 0) as units
    from {{ ref('fct_sales') }}
),

rejected as (
    select count(*) as sales
    from {{ ref('int_retail__unusable_records') }}
    where entity = 'sales'
),

rejected_units as (
    select coalesce(sum(quantity), 0) as units
    from {{ ref('int_retail__validated_sales') }}
    where reason is not null
)

select
    raw_sales.sales as raw_sales,
    counted.sales as counted_sales,
    rejected.sales as rejected_sales
from raw_sales
cross join counted
cross join rejected
cross join rejected_units
where
    raw_sales.sales != counted.sales + rejected.sales
    or raw_sales.units != counted.units + rejected_units.units
