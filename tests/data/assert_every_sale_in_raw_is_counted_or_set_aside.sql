-- Each line in raw is a sale or an unusable record: none is lost, none is both.
with raw_sales as (
    select
        count(*) as sales,
        coalesce(sum(quantity), 0) as units
    from {{ ref('stg_retail__sales') }}
),

counted as (
    select
        count(*) as sales,
        coalesce(sum(quantity), 0) as units
    from {{ ref('fct_sales') }}
),

set_aside as (
    select count(*) as sales
    from {{ ref('int_retail__unusable_records') }}
    where entity = 'sales'
),

set_aside_units as (
    select coalesce(sum(quantity), 0) as units
    from {{ ref('int_retail__judged_sales') }}
    where reason is not null
)

select
    raw_sales.sales as raw_sales,
    counted.sales as counted_sales,
    set_aside.sales as set_aside_sales
from raw_sales
cross join counted
cross join set_aside
cross join set_aside_units
where
    raw_sales.sales != counted.sales + set_aside.sales
    or raw_sales.units != counted.units + set_aside_units.units
