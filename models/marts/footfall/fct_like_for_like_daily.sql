with days as (
    select *
    from {{ ref('fct_store_visits_daily') }}
    -- a day of which nothing was counted is an estimate from others, and no measure of growth
    where {{ counts_in_usual() }} and visits is not null
),

final as (
    select
        days.store_id,
        days.visit_date,
        before.visit_date as compared_date,
        days.visits_estimated as visits,
        before.visits_estimated as visits_compared
    from days
    inner join days as before
        on
            days.store_id = before.store_id
            and {{ same_day_last_year('days.visit_date') }} = before.visit_date
)

select * from final
