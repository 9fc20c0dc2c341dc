{% set days = 56 %}

with forecasts as (
    select * from {{ ref('fct_visits_forecasts_daily') }}
    where is_open and visits is not null and mean_of_four is not null
),

store_days as (
    select * from {{ ref('fct_store_visits_daily') }}
    where is_complete and not is_closed_day and visits_estimated is not null
),

newest as (
    select
        store_id,
        {{ add_days('max(visit_date)', -days) }} as since
    from store_days
    group by store_id
),

compared as (
    select
        forecasts.*,
        cast(store_days.visits_estimated as double) as came
    from forecasts
    inner join newest on forecasts.store_id = newest.store_id and forecasts.target_date > newest.since
    inner join store_days on forecasts.store_id = store_days.store_id and forecasts.target_date = store_days.visit_date
),

-- What was issued, and what it is measured against, over the same days.
errors as (
    {% for method, column in [('issued', 'visits'), ('baseline', 'baseline'), ('mean_of_four', 'mean_of_four')] %}
        select
            store_id,
            '{{ method }}' as method,
            horizon_days,
            issued_on,
            target_date,
            came,
            abs(came - coalesce({{ column }}, mean_of_four)) as error,
            coalesce({{ column }}, mean_of_four) - came as bias,
            {{ 'came between lower_80 and upper_80' if method == 'issued' else 'cast(null as boolean)' }} as is_covered
        from compared
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

sums as (
    select
        store_id,
        method,
        cast(count(*) as bigint) as forecasts,
        cast(sum({{ thousandths('came') }}) as double) as visits,
        cast(sum({{ thousandths('error') }}) as double) as absolute_error,
        cast(sum({{ thousandths('bias') }}) as double) as bias,
        count(is_covered) as with_interval,
        count(case when is_covered then 1 end) as covered
    from errors
    group by store_id, method
),

final as (
    select
        store_id,
        method,
        forecasts,
        visits,
        absolute_error,
        100 * absolute_error / nullif(visits, 0) as wape_pct,
        100 * bias / nullif(visits, 0) as bias_pct,
        100 * cast(covered as double) / nullif(with_interval, 0) as coverage_80_pct
    from sums
)

select * from final
