"""What the forecasts of visits have learnt, as bytes. The work is in the package `forecasting.visits`."""


def model(dbt, session):
    dbt.config(materialized="table")
    from forecasting.tables import stored
    from forecasting.visits import graph

    return graph.make_fits(
        dbt.ref("fct_store_visits_daily"),
        dbt.ref("int_forecasts__visit_days"),
        stored(session, dbt.this, graph.FITS),
    )
