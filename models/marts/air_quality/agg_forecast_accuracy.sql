with errors as (
    select
        *,
        -- null for a series for which only the baseline was issued
        max(case when model <> 'persistence' then model end) over (partition by station_id, pollutant, horizon_hours) as issued_model
    from {{ ref('int_air_quality__forecast_errors') }}
),

-- What was issued, and the two baselines over the same hours.
compared as (
    select
        station_id,
        pollutant,
        horizon_hours,
        issued_model as model,
        true as is_chosen,
        error,
        persistence_error,
        yesterday_error,
        is_covered,
        target_at
    from errors
    where issued_model is not null

    union all

    select
        station_id,
        pollutant,
        horizon_hours,
        'persistence' as model,
        issued_model is null as is_chosen,
        persistence_error as error,
        persistence_error,
        yesterday_error,
        case when issued_model is null then is_covered end as is_covered,
        target_at
    from errors

    union all

    select
        station_id,
        pollutant,
        horizon_hours,
        'yesterday' as model,
        false as is_chosen,
        yesterday_error as error,
        persistence_error,
        yesterday_error,
        null as is_covered,
        target_at
    from errors
    where yesterday_error is not null
),

sums as (
    select
        station_id,
        pollutant,
        horizon_hours,
        model,
        is_chosen,
        count(*) as hours,
        {{ mean_in_order('error', 'target_at') }} as mae,
        {{ mean_in_order('persistence_error', 'target_at') }} as persistence_mae,
        {{ mean_in_order('case when yesterday_error is not null then error end', 'target_at') }} as mae_with_yesterday,
        {{ mean_in_order('yesterday_error', 'target_at') }} as yesterday_mae,
        count(is_covered) as with_interval,
        count(case when is_covered then 1 end) as covered
    from compared
    group by station_id, pollutant, horizon_hours, model, is_chosen
),

final as (
    select
        station_id,
        pollutant,
        horizon_hours,
        model,
        is_chosen,
        hours,
        mae,
        cast(covered as double) / nullif(with_interval, 0) as coverage_90,
        100 * (1 - mae / nullif(persistence_mae, 0)) as skill_vs_persistence_pct,
        100 * (1 - mae_with_yesterday / nullif(yesterday_mae, 0)) as skill_vs_yesterday_pct
    from sums
)

select * from final
