"""What the forecasts have learnt, as bytes. The work is in the package `forecasting`."""


def model(dbt, session):
    dbt.config(materialized="table")
    from forecasting import graph
    from forecasting.tables import stored

    return graph.make_fits(
        dbt.ref("int_air_quality__plausible_hours"),
        dbt.ref("int_air_quality__completions"),
        stored(session, dbt.this, graph.FITS),
    )
