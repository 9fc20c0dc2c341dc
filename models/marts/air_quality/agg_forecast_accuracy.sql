with errors as (
    select * from {{ ref('int_air_quality__forecast_errors') }}
),

series as (
    select
        station_id,
        pollutant,
        horizon_hours,
        count(case when model <> 'persistence' then 1 end) > 0 as has_model,
        max(case when model <> 'persistence' then model end) as model
    from errors
    group by station_id, pollutant, horizon_hours
),

-- What was issued, and the two baselines over the same hours.
compared as (
    select
        errors.station_id,
        errors.pollutant,
        errors.horizon_hours,
        series.model,
        true as is_chosen,
        errors.error,
        errors.persistence_error,
        errors.yesterday_error,
        errors.is_covered,
        errors.target_at
    from errors
    inner join series
        on
            errors.station_id = series.station_id
            and errors.pollutant = series.pollutant
            and errors.horizon_hours = series.horizon_hours
    where series.has_model

    union all

    select
        errors.station_id,
        errors.pollutant,
        errors.horizon_hours,
        'persistence' as model,
        not series.has_model as is_chosen,
        errors.persistence_error as error,
        errors.persistence_error,
        errors.yesterday_error,
        case when not series.has_model then errors.is_covered end as is_covered,
        errors.target_at
    from errors
    inner join series
        on
            errors.station_id = series.station_id
            and errors.pollutant = series.pollutant
            and errors.horizon_hours = series.horizon_hours

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
