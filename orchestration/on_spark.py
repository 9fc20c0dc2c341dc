"""A build on Spark: raw rows there, dbt, forecasts on DuckDB, dbt of what reads them; after each part the DuckDB file shows what there is."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from warehouse import iceberg, spark
from warehouse.dbt_runner import Dbt, dbt, error_of
from warehouse.paths import PROJECT
from warehouse.settings import lock_timeout, named_variable

FORECASTING = "source:forecasting"
"""The Python models' forecasts, as dbt's project on Spark knows them."""
logger = logging.getLogger(__name__)


def build(warehouse: Path, project: Dbt, sources: Sequence[str]) -> tuple[str, str | None]:
    """Build what is downstream of the sources; with none, everything. As `Dbt.build`.

    Raises:
        WarehouseError: Spark cannot be asked, or the DuckDB file is held by another process.
    """
    from ingestion.to_spark import to_spark

    written = to_spark(warehouse, lock_timeout())
    logger.info("   %d raw tables taken to Spark", len(written))
    first, error = project.build(sources, exclude=[f"{FORECASTING}+"])
    show(warehouse)
    if error:
        return first, error
    if error := forecast(warehouse):
        return first, f"the forecasts on DuckDB: {error}"
    second, error = project.build_selected(f"{FORECASTING}+")
    show(warehouse)
    return f"{first}; after the forecasts {second}", error


def show(warehouse: Path) -> int:
    """Show Spark's tables in the DuckDB file as they are now; how many they are."""
    with spark.connected() as connection:
        return iceberg.show_tables(warehouse, connection, lock_timeout(), _target() / "manifest.json")


def forecast(warehouse: Path) -> str | None:
    """Make the forecasts with DuckDB and copy them to Spark; one line of error, None where all went well."""
    chosen = ["--select", *iceberg.MADE_BY_DUCKDB]
    # A folder of its own: dbt would parse the project again each time that the target is another.
    if error := error_of(dbt("run", "--target", "dev", "--target-path", str(_target() / "duckdb"), *chosen)):
        return error
    with spark.connected() as connection:
        iceberg.take_forecasts(warehouse, connection, lock_timeout())
    return None


def _target() -> Path:
    """Where dbt writes its manifest."""
    return PROJECT / (named_variable("DBT_TARGET_PATH") or "target")
