with bounds as (
    select
        min(visit_date) as first_date,
        max(visit_date) as last_date
    from {{ ref('fct_store_visits_daily') }}
),

days as (
    -- whole calendar years
    select
        {{ unnest_days(
            dbt.date_trunc('year', 'first_date'),
            add_days(dbt.dateadd('year', 1, dbt.date_trunc('year', 'last_date')), -1)
        ) }} as date_day
    from bounds
    where first_date is not null
),

final as (
    select
        date_day,
        {{ iso_year('date_day') }} as iso_year,
        cast(extract(week from date_day) as integer) as iso_week,
        {{ iso_weekday('date_day') }} as iso_weekday,
        cast(extract(quarter from date_day) as integer) as quarter,
        cast(extract(year from date_day) as integer) as year,
        {{ day_name('date_day') }} as day_name,
        {{ month_name('date_day') }} as month_name,
        {{ iso_weekday('date_day') }} >= 6 as is_weekend,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date
    from days
)

select * from final
