"""What Superset is given, on what `make run` left: its figures are the metrics'. tests/browser/test_superset.py starts it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from metrics.__main__ import app
from tests.whole_flow import whole_flow

DASHBOARDS = {
    "air-quality": "Air quality",
    "air-quality-mongodb": "Air quality (MongoDB)",
    "footfall": "Footfall",
    "sales": "Sales",
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_flow(tmp_path_factory) / "data" / "warehouse.duckdb"


@pytest.fixture(scope="module")
def home(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Superset's folder, with what is to be imported."""
    folder = tmp_path_factory.mktemp("superset") / "home"
    settings = {"TALLY_WAREHOUSE": str(warehouse), "SUPERSET__MONGODB_URL": "mongodb://tally:se%3Acret@copies.invalid"}
    done = CliRunner().invoke(app, ["superset", str(folder)], env=settings)
    assert done.exit_code == 0, done.output
    assert "cret" not in done.output
    return folder


def assets(home: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The files of a kind, by their ids."""
    read = [yaml.safe_load(file.read_text("utf-8")) for file in sorted((home / "assets" / kind).rglob("*.yaml"))]
    return {one["uuid"]: one for one in read}


def of_database(home: Path, name: str) -> dict[str, dict[str, Any]]:
    """The datasets of one database, by their ids."""
    (database,) = [one["uuid"] for one in assets(home, "databases").values() if one["database_name"] == name]
    return {uuid: one for uuid, one in assets(home, "datasets").items() if one["database_uuid"] == database}


def metric(warehouse: Path, name: str, *options: str) -> list[dict[str, Any]]:
    done = CliRunner().invoke(
        app, ["query", name, *options, "--format", "json"], env={"TALLY_WAREHOUSE": str(warehouse)}
    )
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_what_superset_is_given_says_what_the_metrics_say(warehouse: Path, home: Path) -> None:
    """Each metric of each dataset, as SQL on the views that Superset asks, is what `python -m metrics query` answers."""
    datasets, compared = of_database(home, "Tally"), 0
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as views:
        for dataset in datasets.values():
            rows = f"({dataset['sql']})" if dataset["sql"] else f"{dataset['schema']}.{dataset['table_name']}"
            columns = [(name, kind) for name, kind, *_ in views.execute(f"describe from {rows}").fetchall()]
            assert [(column["column_name"], column["type"]) for column in dataset["columns"]] == columns
            for one in dataset["metrics"]:
                if dataset["sql"] is None or one["metric_name"] == "rows":
                    continue
                group, options = "", []
                if "currency" in dict(columns):
                    group, options = "group by currency order by currency", ["--by", "currency"]
                answered = views.execute(f"select {one['expression']} from {rows} as rows {group}").fetchall()
                expected = [row[one["metric_name"]] for row in metric(warehouse, one["metric_name"], *options)]
                for (value,), other in zip(answered, expected, strict=True):
                    assert value == other or float(value) == pytest.approx(other), one
                compared += 1
    assert compared > 30
    published = json.loads((warehouse.with_suffix(".marts") / "publication.json").read_text("utf-8"))["marts"]
    assert set(published) <= {dataset["table_name"] for dataset in datasets.values()}


def test_charts_and_dashboards_name_what_is_there(home: Path) -> None:
    datasets, charts, dashboards = (assets(home, kind) for kind in ("datasets", "charts", "dashboards"))
    shown = []
    for dashboard in dashboards.values():
        places = [place for place in dashboard["position"].values() if isinstance(place, dict)]
        shown += [place["meta"]["uuid"] for place in places if place["type"] == "CHART"]
        for one in dashboard["metadata"]["native_filter_configuration"]:
            for target in filter(None, one["targets"]):
                columns = datasets[target["datasetUuid"]]["columns"]
                assert target["column"]["name"] in {column["column_name"] for column in columns}
    assert {dashboard["slug"]: dashboard["dashboard_title"] for dashboard in dashboards.values()} == DASHBOARDS
    assert sorted(shown) == sorted(charts)
    for chart in charts.values():
        dataset = datasets[chart["dataset_uuid"]]
        (query,) = json.loads(chart["query_context"])["queries"]
        columns = {column["column_name"] for column in dataset["columns"]}
        assert {one if isinstance(one, str) else one["sqlExpression"] for one in query["columns"]} <= columns
        assert set(query["metrics"] or ()) <= {one["metric_name"] for one in dataset["metrics"]}
        assert chart["params"]["metrics"] == (query["metrics"] or [])


def test_what_mongodb_is_asked_is_what_the_metrics_say_of_documents_without_a_null(warehouse: Path, home: Path) -> None:
    """Superset's driver reads a null as a change of the column's type, and no condition but a comparison; the views stand for the copies."""
    asked = {one["table_name"]: one for one in of_database(home, "Tally in MongoDB").values()}
    figures = ("co_mean", "pm2_5_mean", "days_above_who_co", "days_above_who_pm2_5")
    assert asked.keys() == {*(f"{name}_days_in_mongodb" for name in figures), "air_quality_next_hours_in_mongodb"}
    names = {
        (row["station"], row["station__station_name"])
        for row in metric(warehouse, "co_mean", "--by", "station,station__station_name")
    }
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as copies:
        copies.execute("use warehouse.marts")
        for name, one in asked.items():
            assert "(" not in one["sql"]
            assert re.fullmatch(
                r"(WHERE \w+ (>|=) \w+|ORDER BY \w+ DESC LIMIT \d+)", re.split(r" FROM \w+ ", one["sql"])[1]
            )
            listed = [column for column in one["columns"] if not column["expression"]]
            assert copies.execute(f"select * from ({one['sql']})").fetchone() is not None
            assert [column["column_name"] for column in listed] == [name for name, *_ in copies.description or ()]
            for column in listed:
                nulls = copies.execute(
                    f"select count(*) from ({one['sql']}) where {column['column_name']} is null"
                ).fetchone()
                assert nulls == (0,), (name, column)
            (station,) = [
                each["expression"] for each in one["columns"] if each["column_name"] == "station__station_name"
            ]
            assert set(copies.execute(f"select distinct station_id, {station} from ({one['sql']})").fetchall()) == names
        for figure in figures:
            one = asked[f"{figure}_days_in_mongodb"]
            (entry,) = one["metrics"]
            rows = copies.execute(
                f"select station_id, {entry['expression']} from ({one['sql']}) group by all order by all"
            ).fetchall()
            assert rows == [
                (row["station"], pytest.approx(row[figure])) for row in metric(warehouse, figure, "--by", "station")
            ]


def test_mongodbs_address_is_for_its_owner_alone_and_names_what_copies_go_to(home: Path) -> None:
    (database,) = [one for one in assets(home, "databases").values() if one["database_name"] == "Tally in MongoDB"]
    assert (
        database["sqlalchemy_uri"]
        == "mongodb://tally:se%3Acret@copies.invalid/tally?authSource=admin&serverSelectionTimeoutMS=5000&mode=superset"
    )
    assert not database["expose_in_sqllab"]
    for file in (home / "assets").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_another_address_than_mongodbs_is_refused_in_a_line(warehouse: Path, tmp_path: Path) -> None:
    settings = {"TALLY_WAREHOUSE": str(warehouse), "SUPERSET__MONGODB_URL": "mongodb://tally:s3cret@one,two/tally"}
    done = CliRunner().invoke(app, ["superset", str(tmp_path / "home")], env=settings)
    assert done.exit_code == 1
    assert "SUPERSET__MONGODB_URL cannot be used: it is not the URL of a MongoDB on one host" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "s3cret" not in done.stderr
