"""Feeds that ask a public API: OpenAQ's as it documents itself, and others, from servers of the test's own."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ingestion.__main__ import app, drafting
from tests import flow
from tests.http_server import Answer, HttpServer, Request, as_json

PRESET = flow.PROJECT / "feeds" / "presets" / "openaq-hours" / "feed.toml"
KEY = secrets.token_urlsafe(16)


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "feeds").mkdir()
    monkeypatch.setenv("TALLY_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
    monkeypatch.setenv("TALLY_FEEDS", str(tmp_path / "feeds"))
    monkeypatch.setenv("OPENAQ_API_KEY", KEY)
    return tmp_path / "warehouse.duckdb"


def write(warehouse: Path, name: str, text: str) -> None:
    (warehouse.parent / "feeds" / f"{name}.toml").write_text(text, encoding="utf-8")


def failing(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 1, (done.output, done.exception)
    return " ".join(done.output.split())


@dataclass
class Openaq:
    """Version 3 of OpenAQ's API: sensors of a location, and their hours in pages.

    Attributes:
        sensors: by id the pollutant and its unit.
        hours: by sensor the values by hour.
        limit: how many requests a second are allowed.
        asked: the requests that were answered.
    """

    sensors: dict[int, tuple[str, str]]
    hours: dict[int, dict[datetime, float | None]] = field(default_factory=dict)
    limit: int = 1_000
    asked: list[Request] = field(default_factory=list)
    refused: int = 0
    _window: float = 0.0
    _used: int = 0

    def answer(self, request: Request) -> Answer:
        if request.headers.get("x-api-key") != KEY:
            return as_json({"message": "Unauthorized"}, 401)
        if time.monotonic() - self._window >= 1:
            self._window, self._used = time.monotonic(), 0
        self._used += 1
        limits = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-reset": "1",
            "x-ratelimit-remaining": str(max(0, self.limit - self._used)),
        }
        if self._used > self.limit:
            self.refused += 1
            return as_json({"message": "Too many requests"}, 429, **limits)
        self.asked.append(request)
        if request.path == "/locations/2178/sensors":
            found = [
                {
                    "id": number,
                    "name": f"{name} {unit}",
                    "parameter": {"id": 1, "name": name, "units": unit, "displayName": None},
                }
                for number, (name, unit) in self.sensors.items()
            ]
        else:
            asked = re.fullmatch(r"/sensors/([0-9]+)/hours", request.path)
            assert asked
            found = self._hours(int(asked[1]), datetime.fromisoformat(request.params["datetime_from"]))
        size, page = int(request.params.get("limit", 100)), int(request.params["page"])
        meta = {"name": "openaq-api", "website": "/", "page": page, "limit": size, "found": len(found)}
        return as_json({"meta": meta, "results": found[(page - 1) * size : page * size]}, 200, **limits)

    def _hours(self, number: int, begin: datetime) -> list[dict[str, Any]]:
        name, unit = self.sensors[number]
        return [
            {
                "value": value,
                "flagInfo": {"hasFlags": False},
                "parameter": {"id": 1, "name": name, "units": unit, "displayName": None},
                "period": {
                    "label": "1hour",
                    "interval": "01:00:00",
                    "datetimeFrom": {
                        "utc": f"{hour:%Y-%m-%dT%H:%M:%SZ}",
                        "local": f"{hour + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}+01:00",
                    },
                    "datetimeTo": {"utc": f"{hour + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", "local": ""},
                },
                "coordinates": None,
                "summary": {"min": value, "avg": value},
                "coverage": {"expectedCount": 1, "observedCount": 1},
            }
            for hour, value in sorted(self.hours.get(number, {}).items())
            if hour >= begin
        ]


DAY = datetime(2026, 11, 2, tzinfo=UTC)


def at(hour: int) -> datetime:
    return DAY + timedelta(hours=hour)


@pytest.fixture
def openaq(warehouse: Path) -> Iterator[Openaq]:
    api = Openaq(
        {
            1: ("pm25", "µg/m³"),
            2: ("no2", "ppb"),
            3: ("co", "µg/m³"),
            4: ("o3", "ppm"),
            5: ("temperature", "c"),
            6: ("pm10", "µg/m³"),
        }
    )
    api.hours = {
        1: {at(hour): 10.5 + hour for hour in range(30)},
        2: {at(hour): 20.0 for hour in range(30)},
        3: {at(hour): 400.0 for hour in range(5)},  # stops
        4: {at(0): 0.04},
        5: {at(0): 12.0},
        6: {},  # has never measured
    }
    with HttpServer(api.answer, "/v3") as server:
        text = PRESET.read_text(encoding="utf-8").replace("https://api.openaq.org/v3/", server.address + "/")
        write(warehouse, "street", text.replace("limit = 1000", "limit = 12"))
        yield api


HOURS = "select measured_at, pm2_5, no2, co, o3, pm10, station_id from raw_air_quality.hourly order by all"


def test_the_sensors_of_a_location_become_one_station(openaq: Openaq, warehouse: Path) -> None:
    flow.ingest("street")
    rows = flow.query(warehouse, HOURS)
    assert [row[0] for row in rows] == [at(hour) for hour in range(30)]
    assert [row[1] for row in rows] == [10.5 + hour for hour in range(30)]
    # 20 ppb of NO2 are 38.25 µg/m³ at 20 °C, 0.04 ppm of O3 are 79.81.
    assert rows[0][2] == pytest.approx(20 * 46.0055 / 24.0553, rel=1e-9) and round(rows[0][2], 2) == 38.25
    assert round(rows[0][4], 2) == 79.81 and rows[1][4] is None
    assert [row[3] for row in rows] == [0.4] * 5 + [None] * 25
    assert {row[5] for row in rows} == {None} and {row[6] for row in rows} == {"2178"}
    assert flow.query(warehouse, "select station_id from raw_air_quality.stations") == [("2178",)]


def test_the_next_run_asks_for_two_days_more_and_takes_what_came_late(openaq: Openaq, warehouse: Path) -> None:
    flow.ingest("street")
    loads = "select count(distinct _dlt_load_id) from raw_air_quality.hourly"
    openaq.asked.clear()
    flow.ingest("street")
    assert flow.query(warehouse, loads) == [(1,)]
    begins = {request.params["datetime_from"] for request in openaq.asked if "hours" in request.path}
    assert begins == {f"{at(29) - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"}
    before = flow.query(warehouse, HOURS)
    # One sensor delivers late, another goes on, and the rest of an hour's values stay.
    openaq.hours[3] |= {at(29): 500.0}
    openaq.hours[1] |= {at(30): 1.0}
    flow.ingest("street")
    after = flow.query(warehouse, HOURS)
    assert after[:29] == before[:29]
    assert after[29] == (*before[29][:3], 0.5, *before[29][4:])
    assert after[30] == (at(30), 1.0, None, None, None, None, "2178")
    # What came later than that is found by a reconciliation.
    openaq.hours[1] |= {at(150): 2.0}
    flow.ingest("street")
    openaq.hours[4] |= {at(2): 0.02}
    flow.ingest("street")
    assert flow.query(warehouse, HOURS)[2][4] is None
    flow.ingest("street", "--reconcile", "60")
    assert round(flow.query(warehouse, HOURS)[2][4], 2) == 39.91


def test_a_rate_limit_is_waited_for(openaq: Openaq, warehouse: Path) -> None:
    openaq.limit = 6
    openaq.hours = {1: openaq.hours[1]}
    flow.ingest("street")
    assert openaq.refused and len(flow.query(warehouse, HOURS)) == 30


def test_a_key_that_is_refused_is_not_shown(openaq: Openaq, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = secrets.token_urlsafe(16)
    monkeypatch.setenv("OPENAQ_API_KEY", wrong)
    said = failing("street")
    assert "refused access (401)" in said and "client.auth" in said and wrong not in said
    assert wrong not in str(flow.query(warehouse, "select message from raw_operations.runs"))
    monkeypatch.delenv("OPENAQ_API_KEY")
    assert "OPENAQ_API_KEY is not set" in failing("street")
    literal = PRESET.read_text(encoding="utf-8").replace("env:OPENAQ_API_KEY", wrong)
    write(warehouse, "street", literal)
    said = failing("street")
    assert "`api_key` in [rest] is a secret" in said and wrong not in said


def test_a_unit_that_cannot_be_converted_has_its_row_rejected(openaq: Openaq, warehouse: Path) -> None:
    openaq.sensors |= {1: ("pm25", "ppm"), 6: ("pm10", "mg/m³")}
    openaq.hours = {1: {at(0): 3.0}, 6: {at(1): 0.02}}
    flow.ingest("street")
    assert [(row[0], row[5]) for row in flow.query(warehouse, HOURS)] == [(at(1), 20.0)]
    (reason,) = flow.query(warehouse, "select reason from raw_air_quality.rejected_records")[0]
    assert "pm2_5 '3 ppm'" in reason.replace("3.0", "3")


ORDERS = """fills = "orders.orders"
timezone = "Europe/Dublin"
{more}
[columns]
order_id = "id"
ordered_at = "placed.at"
product_id = "item.sku"
quantity = "item.count"
unit_price = "item.price"
[rest.client]
base_url = "{address}"
{paginator}
[[rest.resources]]
name = "orders"
endpoint = {{ path = "orders", data_selector = "data"{endpoint} }}
"""


def order(number: int, price: str) -> str:
    return f'{{"id": {number}, "placed": {{"at": "2026-11-02T10:00:00"}}, "item": {{"sku": "tea", "count": 2, "price": {price}}}}}'


def body(*orders: str, more: str = "null") -> Answer:
    return Answer(
        200, {"Content-Type": "application/json"}, f'{{"data": [{", ".join(orders)}], "next": {more}}}'.encode()
    )


BILLS = "select order_id, bill from raw_orders.orders where withdrawn_at is null order by all"


def test_pages_are_followed_and_numbers_are_exact(warehouse: Path) -> None:
    held = {1: "0.1", 2: "12345678.1234", 3: "1.299", 90071992547409931: "1E1"}

    def answer(request: Request) -> Answer:
        numbers = list(held)
        page = int(request.params.get("page", 0))
        more = f'"{server.address}/orders?page={page + 1}"' if page + 1 < len(numbers) else "null"
        return body(*(order(number, held[number]) for number in numbers[page : page + 1]), more=more)

    with HttpServer(answer) as server:
        paginator = 'paginator = { type = "json_link", next_url_path = "next" }'
        text = ORDERS.format(more='mode = "replace"', address=server.address, paginator=paginator, endpoint="")
        write(warehouse, "web", text)
        flow.ingest("web")
        assert flow.query(warehouse, BILLS) == [
            ("1", Decimal("0.2")),
            ("2", Decimal("24691356.2468")),
            ("3", Decimal("2.598")),
            ("90071992547409931", Decimal(20)),
        ]
        # All there is: what is gone does not count any more.
        del held[2]
        flow.ingest("web")
        assert [number for number, _ in flow.query(warehouse, BILLS)] == ["1", "3", "90071992547409931"]


def test_what_an_api_does_wrong_is_one_clear_line(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME__REQUEST_MAX_ATTEMPTS", "2")
    monkeypatch.setenv("RUNTIME__REQUEST_BACKOFF_FACTOR", "0")
    said: list[Answer] = [body(order(1, "1"))]
    with HttpServer(lambda request: said[0]) as server:
        single = 'paginator = "single_page"'

        def feed(**changed: str) -> None:
            settings = {"more": "", "address": server.address, "paginator": single, "endpoint": ""} | changed
            write(warehouse, "web", ORDERS.format(**settings))

        feed()
        flow.ingest("web")
        for answer, wanted in (
            (Answer(200, {"Content-Type": "text/html"}, b"<html>Sign in"), "answered with a page of HTML, not JSON"),
            (
                Answer(200, {"Content-Type": "application/json"}, b'{"data": ['),
                "a body that is not valid JSON, or was cut (2 attempts",
            ),
            (as_json({"detail": "no such thing"}, 404), "does not exist (404)"),
            (as_json({}, 503), "answered 503 (2 attempts"),
            (
                as_json({"data": [{"id": 1, "placed": {"at": ""}, "item": {"count": 1, "price": 1}}]}),
                "has no column 'item.sku'",
            ),
        ):
            said[0] = answer
            assert wanted in failing("web")
        assert flow.query(warehouse, BILLS) == [("1", Decimal(2))]
        # An answer may be passed over, in dlt's own words.
        said[0] = as_json({}, 404)
        feed(endpoint=', response_actions = [{ status_code = 404, action = "ignore" }]')
        flow.ingest("web")
        feed(endpoint=", paginate = true")
        assert "[rest] is not as dlt's rest_api takes it" in failing("web")
        feed(endpoint=', method = "POST"')
        assert "only GET is asked" in failing("web")
        feed(more='mode = "replace"', endpoint=', incremental = { cursor_path = "id", initial_value = 0 }')
        assert "with `incremental` only newer rows are asked for" in failing("web")


def test_a_key_goes_to_no_other_host(warehouse: Path) -> None:
    received: list[dict[str, str]] = []

    def elsewhere(request: Request) -> Answer:
        received.append(request.headers)
        return body(order(1, "1"))

    with (
        HttpServer(elsewhere) as other,
        HttpServer(lambda request: Answer(302, {"Location": other.address + "/orders"})) as server,
    ):
        auth = 'auth = { type = "bearer", token = "env:OPENAQ_API_KEY" }\npaginator = "single_page"'
        write(warehouse, "web", ORDERS.format(more="", address=server.address, paginator=auth, endpoint=""))
        flow.ingest("web")
    assert received and KEY not in str(received)


def test_an_api_is_drafted_from_a_sample(warehouse: Path) -> None:
    rows = [
        {"sensor": {"id": f"d{number}"}, "start": f"2026-11-{13 + number}T10:00:00Z", "visits": number}
        for number in range(3)
    ]
    with HttpServer(lambda request: as_json({"rows": rows})) as server:
        asked = warehouse.parent / "counter.toml"
        asked.write_text(
            f'[rest.client]\nbase_url = "{server.address}"\npaginator = "single_page"\n[[rest.resources]]\nname = "counts"\n'
            'endpoint = { path = "counts", data_selector = "rows" }\n'
        )
        done = CliRunner().invoke(drafting, [str(asked), "--fills", "footfall.readings"])
        assert done.exit_code == 0, done.output
        path = warehouse.parent / "feeds" / "counter.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        answers = {
            "# interval": "interval = 60",
            "# sensor_id": 'sensor_id = "sensor.id"',
            "# store_id": 'store_id = { value = "grafton" }',
        }
        answers |= {"# hour_start": 'hour_start = "start"'}
        for place, line in enumerate(lines):
            lines[place] = next((answer for start, answer in answers.items() if line.startswith(start)), line)
        path.write_text("\n".join(lines), encoding="utf-8")
        flow.ingest("counter")
    assert flow.query(warehouse, "select sensor_id, visits from raw_footfall.readings order by all") == [
        ("d0", 0),
        ("d1", 1),
        ("d2", 2),
    ]
