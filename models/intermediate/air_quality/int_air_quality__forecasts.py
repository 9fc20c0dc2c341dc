"""The forecasts of the last 75 days, those made before as they were. The work is in the package `forecasting`."""


def model(dbt, session):
    dbt.config(materialized="table")
    from forecasting import graph
    from forecasting.tables import stored

    return graph.make_forecasts(
        dbt.ref("int_air_quality__plausible_hours"),
        dbt.ref("int_air_quality__completions"),
        dbt.ref("int_air_quality__forecast_fits"),
        stored(session, dbt.this, graph.FORECASTS),
    )
