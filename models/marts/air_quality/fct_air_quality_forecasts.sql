{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
    )
}}

-- Made once and kept: a forecast that is made again later knows more than it should.
{% set backtest_days = 60 %}

with forecasts as (
    select * from {{ forecast_table('int_air_quality__forecasts') }}
),

newest as (
    select {{ dbt.dateadd('day', -backtest_days, 'max(issued_at)') }} as since from forecasts
),

final as (
    select
        forecasts.station_id,
        forecasts.pollutant,
        forecasts.horizon_hours,
        forecasts.model,
        forecasts.reason,
        forecasts.value,
        forecasts.lower_90,
        forecasts.upper_90,
        forecasts.last_value,
        forecasts.is_backtest,
        forecasts.issued_at,
        forecasts.target_at,
        forecasts.fitted_until
    from forecasts
    inner join newest on forecasts.issued_at > newest.since
)

select * from final
{% if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as kept
        where
            kept.station_id = final.station_id
            and kept.pollutant = final.pollutant
            and kept.issued_at = final.issued_at
            and kept.horizon_hours = final.horizon_hours
    )
{% endif %}
