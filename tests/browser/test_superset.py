"""Superset as `make superset` starts it, on what `make run` left: its import, its charts' figures, and how it looks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import duckdb
import pytest
import requests
from playwright.sync_api import Browser, Request
from typer.testing import CliRunner

from publishing.__main__ import app as publishing
from tests.flow import PROJECT
from tests.servers import free_port, missing, mongodb_stand_in
from tests.whole_flow import whole_flow

DASHBOARDS = {
    "air-quality": ("Air quality", 4),
    "air-quality-mongodb": ("Air quality (MongoDB)", 5),
    "footfall": ("Footfall", 4),
    "sales": ("Sales", 5),
}
"""Each dashboard's title, and how many charts it has."""
IN_MONGODB = " (MongoDB)"
NEXT_HOURS = "The next hours, with what 9 in 10 lie between"
COPIED = ("dim_stations", "fct_air_quality_daily", "fct_air_quality_forecasts")


@dataclass(frozen=True)
class Superset:
    """A running Superset: its address, and a session that is logged in."""

    url: str
    session: requests.Session
    password: str

    def listed(self, kind: str) -> dict[str, int]:
        """What there is of a kind: the ids by name."""
        answer = self.session.get(f"{self.url}/api/v1/{kind}/", params={"q": "(page_size:200)"}, timeout=60).json()
        names = {"database": "database_name", "dataset": "table_name", "chart": "slice_name", "dashboard": "slug"}
        return {one[names[kind]]: one["id"] for one in answer["result"]}

    def rows(self, chart: int) -> list[dict[str, Any]]:
        """The rows that a chart shows."""
        answer = self.session.get(f"{self.url}/api/v1/chart/{chart}/data/", timeout=120)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["result"][0]["data"]
        return rows


def run(home: Path, warehouse: Path, *command: str) -> str:
    environment = os.environ | {"SUPERSET_HOME": str(home), "TALLY_WAREHOUSE": str(warehouse)}
    done = subprocess.run(
        [PROJECT / "deploy/superset/run", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def copied(warehouse: Path, folder: Path) -> Iterator[str]:
    """A stand-in for MongoDB that has copies of the air's marts; its URL."""
    (folder / "copied").mkdir()
    (folder / "copied/warehouse.marts").symlink_to(warehouse.with_suffix(".marts").resolve())
    with mongodb_stand_in(folder) as url:
        done = CliRunner().invoke(
            publishing,
            ["to", url, "--select", *COPIED],
            env={"TALLY_WAREHOUSE": str(folder / "copied/warehouse.duckdb")},
        )
        assert done.exit_code == 0, done.output
        yield url


@contextmanager
def served(home: Path, warehouse: Path, mongodb_url: str) -> Iterator[Superset]:
    """Started as `make superset` starts it."""
    port = free_port()
    environment = os.environ | {
        "SUPERSET_HOME": str(home), "SUPERSET_PORT": str(port), "TALLY_WAREHOUSE": str(warehouse),
        "TALLY_BIN": str(PROJECT / ".venv/bin"), "SUPERSET__MONGODB_URL": mongodb_url,
    }  # fmt: skip
    with subprocess.Popen(
        [PROJECT / "deploy/superset/serve"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said: list[str] = []
        is_listening = Event()

        def read() -> None:
            """To the end, or its output would hold it up."""
            for line in process.stdout or ():
                said.append(line)
                if "Listening at" in line:
                    is_listening.set()
            is_listening.set()

        reader = Thread(target=read, daemon=True)
        reader.start()
        try:
            assert is_listening.wait(900)
            assert process.poll() is None, "".join(said)
            url = f"http://127.0.0.1:{port}"
            assert any(f"Superset opens on {url}; the user is admin" in line for line in said)
            password = (home / "password").read_text("utf-8").strip()
            session = requests.Session()
            login = {"username": "admin", "password": password, "provider": "db"}
            token = session.post(f"{url}/api/v1/security/login", json=login, timeout=600).json()["access_token"]
            session.headers["Authorization"] = f"Bearer {token}"
            session.headers["Referer"] = url
            csrf = session.get(f"{url}/api/v1/security/csrf_token/", timeout=120).json()["result"]
            session.headers["X-CSRFToken"] = csrf
            yield Superset(url, session, password)
        finally:
            process.terminate()
            reader.join()


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_superset_shows_the_marts_figures_and_keeps_an_analysts_own(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, browser: Browser
) -> None:
    """One Superset for the whole story: starting it takes a minute and more."""
    warehouse, home = whole_flow(tmp_path_factory) / "data" / "warehouse.duckdb", tmp_path / "home"
    if not (PROJECT / "deploy/superset/.venv/.installed").exists():
        missing("Superset is not installed: `make superset` does it")
    with copied(warehouse, tmp_path) as url, served(home, warehouse, url) as superset:
        before = {kind: superset.listed(kind) for kind in ("database", "dataset", "chart", "dashboard")}
        assert before["database"].keys() == {"Tally", "Tally in MongoDB"}  # no examples
        assert before["dashboard"].keys() == DASHBOARDS.keys()
        for secret in ("password", "secret_key", "superset.db"):
            assert (home / secret).stat().st_mode & 0o077 == 0, secret
        charts_equal_the_marts(superset, before["chart"], warehouse)
        nothing_but_the_marts(superset, before["database"])
        own = {"slice_name": "My own", "viz_type": "table", "datasource_id": before["dataset"]["sales_days"]}
        made = superset.session.post(
            f"{superset.url}/api/v1/chart/", json=own | {"datasource_type": "table", "params": "{}"}, timeout=60
        )
        assert made.status_code == 201, made.text
        look(superset, browser)
        run(home, warehouse, "python", str(PROJECT / "deploy/superset/set_up.py"))
        after = {kind: superset.listed(kind) for kind in before}
        assert after == before | {"chart": before["chart"] | {"My own": made.json()["id"]}}
        assert (home / "password").read_text("utf-8").strip() == superset.password


def charts_equal_the_marts(superset: Superset, charts: dict[str, int], warehouse: Path) -> None:
    """Every chart has rows, and those of the marts."""
    shown = {name: superset.rows(number) for name, number in charts.items()}
    assert [name for name, rows in shown.items() if not rows] == []
    with duckdb.connect() as marts:
        marts.execute(f"set file_search_path = '{warehouse.with_suffix('.marts')}'")

        def figures(sql: str) -> list[Any]:
            rows: list[Any] = marts.execute(sql).fetchall()
            return rows

        def stations(sql: str) -> list[Any]:
            return figures(
                sql.replace(
                    "AIR", "'fct_air_quality_daily.parquet' inner join 'dim_stations.parquet' using (station_id)"
                )
            )

        for store in ("", IN_MONGODB):
            for name, column in (
                ("PM2.5 by day against the WHO's level (µg/m³)", "pm2_5_mean"),
                ("CO by day against the WHO's level (mg/m³)", "co_mean"),
            ):
                means = {
                    (series.removeprefix(f"{column}, "), row["metric_time__day"]): mean
                    for row in shown[name + store]
                    for series, mean in row.items()
                    if series != "metric_time__day" and mean is not None
                }
                assert len(means) > 600
                assert means == {
                    (station, day): pytest.approx(mean)
                    for station, day, mean in stations(
                        f"select station_name, epoch_ms(measured_date::timestamp), {column} from AIR "
                        f"where is_complete and {column} is not null"
                    )
                }
        for name, measure in (
            ("Days above the WHO's levels", "pm2_5"),
            ("Days above the WHO's levels", "co"),
            ("Days above the WHO's PM2.5 level" + IN_MONGODB, "pm2_5"),
            ("Days above the WHO's CO level" + IN_MONGODB, "co"),
        ):
            above = {row["station__station_name"]: row[f"days_above_who_{measure}"] or 0 for row in shown[name]}
            assert above == dict(
                stations(f"select station_name, count(*) filter (where exceeds_who_{measure}) from AIR group by 1")
            )
        newest = figures(
            "select station_name, pollutant, epoch_ms(target_at), value, lower_90, upper_90 from 'fct_air_quality_forecasts.parquet' "
            "inner join 'dim_stations.parquet' using (station_id) where issued_at = newest_measured_at order by all"
        )
        columns = ("station__station_name", "pollutant", "target_at", "value", "lower_90", "upper_90")
        assert sorted(tuple(row[name] for name in columns) for row in shown[NEXT_HOURS]) == newest
        of_newest = (*columns[:2], *(f"newest_{name}" for name in columns[2:]))
        in_mongodb = [tuple(row[name] for name in of_newest) for row in shown[NEXT_HOURS + IN_MONGODB]]
        assert in_mongodb == sorted(in_mongodb, key=lambda row: row[2])  # text, as the driver has it
        assert sorted((*row[:2], in_milliseconds(row[2]), *row[3:]) for row in in_mongodb) == newest
        visits = {
            (name.removeprefix("visits_estimated, "), row["metric_time__day"]): value
            for row in shown["Visits by day"]
            for name, value in row.items()
            if name != "metric_time__day" and value is not None
        }
        assert visits == pytest.approx(
            {
                (store, day): float(value)
                for store, day, value in figures(
                    "select store_name, epoch_ms(visit_date::timestamp), visits_estimated from 'fct_store_visits_daily.parquet' "
                    "inner join 'dim_stores.parquet' using (store_id) where is_complete and not is_closed_day and visits_estimated is not null"
                )
            }
        )
        regions = {row["retail_store__region"]: row["revenue"] for row in shown["Revenue by region"]}
        assert regions == pytest.approx(
            {
                region: float(revenue)
                for region, revenue in figures("select region, revenue from 'agg_sales_by_region.parquet'")
            }
        )
        weeks = sum(row["revenue, EUR"] for row in shown["Revenue by week"])
        ((whole_weeks,),) = figures(
            "select sum(revenue)::double from 'agg_sales_daily.parquet' "
            "where sale_date < (select date_trunc('week', max(sale_date)) from 'agg_sales_daily.parquet')"
        )
        assert weeks == pytest.approx(whole_weeks)
        countries = {row["order__customer_country"]: row["online_orders"] for row in shown["Online orders by country"]}
        assert countries == dict(figures("select country, orders from 'agg_orders_by_country.parquet'"))


def in_milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


def nothing_but_the_marts(superset: Superset, databases: dict[str, int]) -> None:
    """SQL that an analyst writes reads the views; a file of the machine it does not, and it changes no copy."""

    def ask(sql: str, database: str = "Tally") -> requests.Response:
        return superset.session.post(
            f"{superset.url}/api/v1/sqllab/execute/",
            json={
                "database_id": databases[database],
                "sql": sql,
                "schema": "marts",
                "runAsync": False,
                "queryLimit": 10,
            },
            timeout=120,
        )

    good = ask("select count(*) as n from marts.dim_stores")
    assert good.status_code == 200, good.text
    assert good.json()["data"] == [{"n": 5}]
    for sql in (
        "select * from read_text('/etc/passwd')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "attach '/tmp/x.duckdb'",
    ):
        assert ask(sql).status_code != 200, sql
    assert ask("delete from dim_stations", "Tally in MongoDB").status_code != 200


def look(superset: Superset, browser: Browser) -> None:
    """Each dashboard draws all its charts, without an error, and asks no other host for anything."""
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.set_default_timeout(300_000)
    elsewhere: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((superset.url, "data:", "blob:")):
            elsewhere.append(request.url)

    page.on("requestfinished", note)
    page.goto(f"{superset.url}/login/")
    page.wait_for_selector("input#username")
    page.fill("input#username", "admin")
    page.fill("input#password", superset.password)
    page.click("button[type=submit]")
    page.wait_for_url("**/superset/welcome/**")
    for slug, (title, charts) in DASHBOARDS.items():
        page.goto(f"{superset.url}/superset/dashboard/{slug}/")
        page.wait_for_selector(f"text={title}")
        drawn = page.locator(".chart-slice canvas, .chart-slice table")
        drawn.nth(charts - 1).wait_for()  # no script: the page's policy forbids it to a test, too
        assert page.locator(".ant-alert-error").count() == 0, slug
    page.close()
    assert elsewhere == []
