{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
    )
}}

-- Made once and kept: a forecast that is made again later knows more than it should. Of a back-test the first weeks only set the intervals of the later ones.
{% set backtest_days = 56 %}

with forecasts as (
    select * from {{ forecast_table('int_forecasts__visits_forecasts') }}
),

newest as (
    select {{ add_days('max(issued_on)', -backtest_days) }} as since from forecasts
),

final as (
    select
        forecasts.store_id,
        forecasts.horizon_days,
        forecasts.model,
        forecasts.reason,
        forecasts.visits,
        forecasts.lower_80,
        forecasts.upper_80,
        forecasts.baseline,
        forecasts.mean_of_four,
        forecasts.model <> 'closed' as is_open,
        forecasts.is_backtest,
        forecasts.issued_on,
        forecasts.target_date,
        forecasts.fitted_until
    from forecasts
    inner join newest on forecasts.issued_on > newest.since
)

select * from final
{% if is_incremental() %}
    where not exists (
        select 1
        from {{ this }} as kept
        where
            kept.store_id = final.store_id
            and kept.issued_on = final.issued_on
            and kept.horizon_days = final.horizon_days
    )
{% endif %}
