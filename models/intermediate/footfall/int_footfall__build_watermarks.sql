{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    partition_by='model_name',
    pre_hook=[
        "drop table if exists intermediate.footfall_build_state",
        "drop table if exists intermediate.int_footfall__store_changes",
    ],
) }}

-- The incremental models write their rows here themselves, with their own (`save_watermark`); on Spark each has a partition. A full refresh overlooks them all.
select
    cast(null as string) as model_name,
    cast(null as string) as store_id,
    cast(null as timestamp) as first_hour_at,
    cast(null as timestamp) as newest_hour_at,
    cast(null as string) as reference_fingerprint,
    cast(null as string) as newest_load_id
where false
