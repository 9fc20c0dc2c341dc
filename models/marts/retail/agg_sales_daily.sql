with sales as (
    select * from {{ ref('fct_sales') }}
),

looks as (
    -- A look that found nothing new is a look all the same.
    select max(started_at) as looked_at
    from {{ ref('stg_operations__runs') }}
    where what = 'ingestion' and source = 'retail' and outcome = 'ok'
),

loads as (
    select max(first_seen_at) as loaded_at from sales
),

days as (
    select
        sale_date,
        count(*) as sales,
        cast(sum(quantity) as bigint) as units,
        cast(sum(revenue) as decimal(38, 4)) as revenue
    from sales
    group by sale_date
),

judged as (
    select
        days.*,
        days.sale_date < cast(coalesce(looks.looked_at, loads.loaded_at) as date) as is_complete
    from days
    cross join looks
    cross join loads
),

averages as (
    select
        judged.sale_date,
        cast(sum(weeks.revenue) as double) / count(*) as revenue_avg_4w,
        count(*) as weeks_in_avg_4w
    from judged
    inner join judged as weeks
        on weeks.sale_date in (
            judged.sale_date,
            {{ add_days('judged.sale_date', -7) }},
            {{ add_days('judged.sale_date', -14) }},
            {{ add_days('judged.sale_date', -21) }}
        )
    where judged.is_complete
    group by judged.sale_date
),

final as (
    select
        judged.sale_date,
        judged.sales,
        judged.units,
        judged.revenue,
        judged.is_complete,
        averages.revenue_avg_4w,
        coalesce(averages.weeks_in_avg_4w, 0) as weeks_in_avg_4w,
        100 * (cast(judged.revenue as double) - averages.revenue_avg_4w) / nullif(averages.revenue_avg_4w, 0) as revenue_vs_avg_4w_pct
    from judged
    left join averages on judged.sale_date = averages.sale_date
)

select * from final
order by sale_date
