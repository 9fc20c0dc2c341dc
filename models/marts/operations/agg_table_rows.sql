with tables as (
    {{ tables_and_rows(['raw_footfall', 'raw_retail', 'raw_orders', 'raw_air_quality', 'raw_operations', 'marts']) }}
),

final as (
    select
        schema_name || '.' || table_name as table_id,
        schema_name,
        table_name,
        cast(table_rows as bigint) as table_rows
    from tables
    -- what a killed build left behind, and dlt's own
    where table_name not like '%!_!_dbt!_%' escape '!' and table_name not like '!_dlt%' escape '!'
)

select * from final
