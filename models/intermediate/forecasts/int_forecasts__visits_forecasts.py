"""The forecasts of visits of the last 84 days, those made before as they were. The work is in the package `forecasting.visits`."""


def model(dbt, session):
    dbt.config(materialized="table")
    from forecasting.tables import stored
    from forecasting.visits import graph

    return graph.make_forecasts(
        dbt.ref("fct_store_visits_daily"),
        dbt.ref("int_forecasts__visit_days"),
        dbt.ref("int_forecasts__visits_fits"),
        stored(session, dbt.this, graph.FORECASTS),
    )
