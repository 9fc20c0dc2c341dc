{% set weeks = lookback_weeks() %}

with sales as (
    select * from {{ ref('fct_sales') }}
),

feeds as (
    select * from {{ ref('stg_operations__feeds') }}
    where domain = 'retail' and entity = 'sales'
),

settings as (
    select * from {{ ref('int_retail__settings') }}
),

newest_run as (
    -- A run that found nothing new has looked all the same.
    select max(started_at) as checked_at
    from {{ ref('stg_operations__runs') }}
    where what = 'ingestion' and outcome = 'ok' and (source = 'retail' or source in (select feed from feeds))
),

loads as (
    select max(first_seen_at) as loaded_at from sales
),

days as (
    select
        sale_date,
        currency,
        {{ sales_sums() }}
    from sales
    group by sale_date, currency
),

newest_look as (
    select {{ local_timestamp('coalesce(newest_run.checked_at, loads.loaded_at)', "coalesce(settings.timezone, 'UTC')") }} as looked_at_local
    from newest_run
    cross join loads
    cross join settings
),

days_with_completeness as (
    select
        days.*,
        days.sale_date < cast(newest_look.looked_at_local as date) as is_complete
    from days
    cross join newest_look
),

usable_days as (
    select
        *,
        case when is_complete then revenue end as usable_revenue
    from days_with_completeness
),

days_with_means as (
    select
        *,
        {{ mean_of_weeks('usable_revenue', weeks.usual, 'currency', 'sale_date') }} as revenue_usual,
        {{ count_of_weeks('usable_revenue', weeks.usual, 'currency', 'sale_date') }} as weeks_in_usual,
        case when is_complete then {{ mean_of_weeks('usable_revenue', weeks.average, 'currency', 'sale_date') }} end as revenue_avg_4w,
        case
            when is_complete then {{ count_of_weeks('usable_revenue', weeks.average, 'currency', 'sale_date') }}
            else 0
        end as weeks_in_avg_4w
    from usable_days
),

final as (
    select
        sale_date,
        currency,
        sales,
        units,
        revenue,
        returned_units,
        returns,
        is_complete,
        revenue_avg_4w,
        weeks_in_avg_4w,
        -- A share of a mean below 0 would have the wrong sign.
        case when revenue_avg_4w > 0 then {{ difference_pct('revenue', 'revenue_avg_4w') }} end as revenue_vs_avg_4w_pct,
        revenue_usual,
        weeks_in_usual,
        case when is_complete and revenue_usual > 0 then {{ difference_pct('revenue', 'revenue_usual') }} end as revenue_vs_usual_pct
    from days_with_means
)

select * from final
order by sale_date, currency
