"""Writes what Superset is given: made from the metrics, from what the marts' columns mean, and from `content.py`.

Beside the datasets of the dashboards each mart is a dataset. Importing again changes what is ours and adds nothing.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from metrics.engine import Metrics
from metrics.published import Published, read_published
from metrics.superset import mongodb
from metrics.superset.content import DASHBOARDS, DATASETS, DAY, FORECASTS, FORECASTS_SQL, WHOLE_WEEK, Dataset
from metrics.superset.expressions import expression, parts
from metrics.superset.files import chart_file, dashboard_file, database_file, dataset_file, id_of, metric_entry, slug_of
from publishing.columns import Column
from warehouse.connection import connect_memory
from warehouse.paths import WarehousePaths
from warehouse.permissions import owner_only
from warehouse.sql import literal

DATABASE = "Tally"
_DATABASE_ID = id_of("database")


def write(warehouse: Path, home: Path, mongodb_url: str | None = None) -> None:
    """Write what `make superset` imports, and the database of views that it asks.

    Args:
        warehouse: the DuckDB file beside which the marts are published; it is not opened.
        home: Superset's folder; `assets/` in it is made anew, and `warehouse.duckdb`, which holds a view for each mart.
        mongodb_url: of the MongoDB that has copies of the marts; it may hold a password, and is not opened.

    Raises:
        MetricsError: nothing is published.
    """
    published = read_published(warehouse)
    with owner_only():
        home.mkdir(parents=True, exist_ok=True)
        _write_views(published, WarehousePaths(warehouse).marts.absolute(), home / "warehouse.duckdb")
        assets = home / "assets"
        if assets.exists():
            shutil.rmtree(assets)
        for name, content in files(warehouse, published, home, mongodb_url).items():
            (assets / name).parent.mkdir(parents=True, exist_ok=True)
            (assets / name).write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def files(warehouse: Path, published: Published, home: Path, mongodb_url: str | None) -> dict[str, dict[str, Any]]:
    """Every file of the import, by its path, and what is in it."""
    metrics = Metrics(warehouse)
    found: dict[str, dict[str, Any]] = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00+00:00"},
        f"databases/{DATABASE}.yaml": database_file(
            DATABASE,
            f"duckdb:///{(home / 'warehouse.duckdb').absolute()}",
            _DATABASE_ID,
            extra={"engine_params": {"connect_args": {"read_only": True}}},
            in_sqllab=True,
        ),
    }
    for dataset in DATASETS:
        found[f"datasets/{DATABASE}/{dataset.name}.yaml"] = _metric_dataset(metrics, published, dataset)
    found[f"datasets/{DATABASE}/{FORECASTS}.yaml"] = dataset_file(
        FORECASTS,
        _DATABASE_ID,
        FORECASTS_SQL,
        _columns_of(published, FORECASTS_SQL),
        "Forecasts of air from each station's newest hour, with the interval that holds 9 in 10 values.",
    )
    for mart, described in published.described().items():
        found[f"datasets/{DATABASE}/{mart}.yaml"] = dataset_file(
            mart, _DATABASE_ID, None, described.columns, described.description or ""
        )
    for dashboard in DASHBOARDS:
        for chart in dashboard.charts:
            found[f"charts/{slug_of(chart.name)}.yaml"] = chart_file(metrics, chart)
        found[f"dashboards/{dashboard.slug}.yaml"] = dashboard_file(dashboard, published)
    if mongodb_url:
        found |= mongodb.files(mongodb_url, metrics, published)
    return found


def _metric_dataset(metrics: Metrics, published: Published, dataset: Dataset) -> dict[str, Any]:
    columns = list(dict.fromkeys(part for name in dataset.metrics for part in parts(name)))
    sql = metrics.sql(columns, dataset.by)
    plain = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    plain = f"select *, {DAY} < date_trunc('week', max({DAY}) over ()) as {WHOLE_WEEK}\nfrom (\n{plain}\n) as sums"
    offered = [
        metric_entry(
            name,
            metrics.metrics[name].label,
            expression(name),
            metrics.metrics[name].description,
            ",.2f" if metrics.metrics[name].unit else ",.0f",
        )
        for name in dict.fromkeys([*dataset.metrics, *columns])
    ]
    shown = ", ".join(metrics.metrics[name].label.lower() for name in dataset.metrics)
    description = f"By day: {shown}. Written by MetricFlow."
    return dataset_file(dataset.name, _DATABASE_ID, plain, _columns_of(published, plain), description, offered)


def _columns_of(published: Published, sql: str) -> list[Column]:
    """The columns of a query, with their types."""
    with connect_memory() as connection:
        connection.execute("attach ':memory:' as warehouse; create schema warehouse.marts")
        for mart in set(re.findall(r'"marts"\."(\w+)"', sql)):
            file = published.folder / f"{mart}.parquet"
            connection.execute(f"create view warehouse.marts.{mart} as from read_parquet({literal(file)})")
        found = connection.execute(f"describe {sql}").fetchall()
    return [Column(name=name, type=kind, description=None, refers_to=None) for name, kind, *_ in found]


def _write_views(published: Published, marts: Path, file: Path) -> None:
    """A database of views on the link to the newest publication: a new one is seen at once, and nothing is locked."""
    beside = file.with_name("new.warehouse.duckdb")
    beside.unlink(missing_ok=True)
    with connect_memory() as connection:
        connection.execute(
            f"attach '{str(beside).replace(chr(39), chr(39) * 2)}' as warehouse; create schema warehouse.marts"
        )
        for mart in published.publication.marts:
            parquet = marts / f"{mart}.parquet"
            connection.execute(f"create view warehouse.marts.{mart} as from read_parquet({literal(parquet)})")
        connection.execute("detach warehouse")
    beside.replace(file)
