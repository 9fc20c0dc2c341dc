{{ config(materialized='view') }}

with versions as (
    select * from {{ ref('int_footfall__store_versions') }}
),

versions_with_previous as (
    select
        *,
        concat_ws('|', country_code, timezone, coalesce(opens_at, '-'), coalesce(closes_at, '-')) as content,
        lag(concat_ws('|', country_code, timezone, coalesce(opens_at, '-'), coalesce(closes_at, '-')))
            over (partition by store_id order by updated_at) as previous_content
    from versions
),

-- A new name alone begins no period.
first_versions as (
    select * from versions_with_previous
    where previous_content is null or content <> previous_content
),

final as (
    select
        store_id,
        country_code,
        timezone,
        opens_at,
        closes_at,
        holds_from_date,
        holds_from,
        -- of several versions of one day the last holds: the others end where they begin
        coalesce(min(holds_from_date) over later_versions, cast('9999-12-31' as date)) as holds_until_date,
        coalesce(min(holds_from) over later_versions, cast('9999-12-31' as timestamp)) as holds_until
    from first_versions
    window later_versions as (partition by store_id order by updated_at rows between 1 following and unbounded following)
)

select * from final
where holds_from_date < holds_until_date or holds_from < holds_until
