"""What the forecasts have learnt, as bytes. The work is in the package `forecasting`."""


def model(dbt, session):
    dbt.config(materialized="table")
    from forecasting import graph

    return graph.make_fits(
        dbt.ref("stg_air_quality__hourly"),
        dbt.ref("stg_air_quality__superseded"),
        graph.stored(session, dbt.this, graph.FITS),
    )
