"""A small footfall provider of the tests' own: the contract over real HTTP, held in memory.

It shares no code with the mock. Its lists can be changed between two requests, and it can be set to send wrong answers.

    with Provider() as provider:
        provider.put_store("paris")
        provider.put_sensor("paris-1", "paris")
        provider.put_readings([{"sensor_id": "paris-1", "hour_start": "2024-05-01T08:00:00Z", "visits": 12}])
        provider.base_url  # http://127.0.0.1:<port>/footfall/v1
"""

from __future__ import annotations

import base64
import bisect
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from tests.http_server import Answer, HttpServer, Request, as_json

PREFIX = "/footfall/v1"
ARROW = "application/vnd.apache.arrow.stream"
LAUNCH = datetime(2024, 1, 1, tzinfo=UTC)

READINGS = pa.schema(
    [
        ("sensor_id", pa.string()),
        ("hour_start", pa.timestamp("us", tz="UTC")),
        ("visits", pa.int64()),
        ("status", pa.string()),
        ("updated_at", pa.timestamp("us", tz="UTC")),
    ]
)

Row = dict[str, Any]
Position = tuple[str, str, str]


def instant(value: datetime | str) -> datetime:
    """An aware UTC datetime from one, or from its RFC 3339 text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment.astimezone(UTC)


def text(value: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that text order is time order."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Provider:
    """The footfall contract from three mutable lists.

    Attributes to change at will: `arrow` (whether it speaks Arrow), `arrow_schema` (the types its Arrow has),
    `api_key`, `page_limit` (the most rows a page gets, whatever is asked), `intercept` (called with each
    request; what it returns, unless None, is the answer), `requests` (every request so far).
    """

    def __init__(self, *, arrow: bool = True, api_key: str | None = None) -> None:
        self.arrow = arrow
        self.arrow_schema = READINGS
        self.api_key = api_key
        self.page_limit = 100_000
        self.intercept: Callable[[Request], Answer | None] | None = None
        self.requests: list[Request] = []
        self.stores: dict[str, Any] = {}
        self.sensors: dict[str, Any] = {}
        self._store_versions: dict[tuple[str, str], Row] = {}
        self._sensor_versions: dict[tuple[str, str], Row] = {}
        self._readings: dict[object, tuple[Position, Any]] = {}
        self._ordered: list[tuple[Position, Any]] | None = None
        self._lock = threading.RLock()
        self._server: HttpServer | None = None

    # What the provider holds.

    def put_store(self, store_id: str, **fields: Any) -> Row:
        """Add or replace a store; what is not given is that of an ordinary one in Paris."""
        row: Row = {
            "store_id": store_id,
            "name": store_id.title(),
            "city": store_id.title(),
            "country_code": "FR",
            "timezone": "Europe/Paris",
            "opened_on": date(2024, 1, 1).isoformat(),
            "opens_at": "08:00",
            "closes_at": "18:00",
            "updated_at": text(LAUNCH),
        } | _plain(fields)
        with self._lock:
            self.stores[store_id] = row
            self._store_versions[store_id, row["updated_at"]] = row
        return row

    def put_sensor(self, sensor_id: str, store_id: str, **fields: Any) -> Row:
        """Add or replace a sensor. `door` is absent unless given."""
        row: Row = {
            "sensor_id": sensor_id,
            "store_id": store_id,
            "installed_at": text(LAUNCH),
            "removed_at": None,
            "updated_at": text(LAUNCH),
        } | _plain(fields)
        with self._lock:
            self.sensors[sensor_id] = row
            self._sensor_versions[sensor_id, row["updated_at"]] = row
        return row

    def put_readings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add or replace readings by (sensor_id, hour_start).

        Each needs sensor_id, hour_start and visits; status is `ok` (`failed` where visits is None) and
        updated_at the end of the hour unless given.
        """
        with self._lock:
            for given in rows:
                hour = instant(given["hour_start"])
                written = instant(given.get("updated_at", hour + timedelta(hours=1)))
                row = {
                    "sensor_id": given["sensor_id"],
                    "hour_start": text(hour),
                    "visits": given["visits"],
                    "status": given.get("status", "failed" if given["visits"] is None else "ok"),
                    "updated_at": text(written),
                }
                key = (row["sensor_id"], row["hour_start"])
                self._readings[key] = ((row["updated_at"], *key), row)
            self._ordered = None

    def put_unreadable(self, row: Any, *, updated_at: datetime | str = LAUNCH) -> None:
        """Serve a reading exactly as given (any JSON value), in the place that `updated_at` has in the order."""
        with self._lock:
            number = f"{len(self._readings):09d}"
            self._readings[number] = ((text(instant(updated_at)), number, ""), row)
            self._ordered = None

    def readings(self) -> list[Row]:
        """The newest version of every reading, in the contract's order: what a warehouse should hold."""
        return [row for _, row in self._in_order()]

    def store_versions(self) -> list[Row]:
        """Every version of every store that was ever put here, one for each `updated_at`."""
        return list(self._store_versions.values())

    def sensor_versions(self) -> list[Row]:
        """The same of the sensors."""
        return list(self._sensor_versions.values())

    # Ways to misbehave.

    def fail(self, times: int, answer: Answer, *, path: str = "/readings") -> None:
        """Give `answer` to the next requests of a path, `times` times, then be well again."""
        left = [times]

        def intercept(request: Request) -> Answer | None:
            if request.path == path and left[0] > 0:
                left[0] -= 1
                return answer
            return None

        self.intercept = intercept

    def lie(self, how: str) -> None:
        """Misbehave at /readings in one named way: see `LIES`."""
        make = LIES[how]
        counter = iter(range(1_000_000_000))

        def intercept(request: Request) -> Answer | None:
            return make(self, request, next(counter)) if request.path == "/readings" else None

        self.intercept = intercept

    # HTTP.

    @property
    def base_url(self) -> str:
        assert self._server is not None, "the provider is not running"
        return self._server.address

    def __enter__(self) -> Self:
        self._server = HttpServer(self.answer, PREFIX)
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.__exit__(kind, error, trace)
            self._server = None

    def answer(self, request: Request) -> Answer:
        """What the contract says to this request (or what `intercept` says instead)."""
        self.requests.append(request)
        if self.intercept is not None and (answer := self.intercept(request)) is not None:
            return answer
        return self.honest_answer(request)

    def honest_answer(self, request: Request) -> Answer:
        if self.api_key is not None and request.headers.get("x-api-key") != self.api_key:
            return as_json({"detail": "wrong or missing X-API-Key"}, 401)
        if request.path in ("/stores", "/sensors"):
            with self._lock:
                rows = list((self.stores if request.path == "/stores" else self.sensors).values())
            return as_json({"data": rows, "next_cursor": None})
        if request.path == "/readings":
            try:
                return self._page(request)
            except (ValueError, KeyError) as error:
                return as_json({"detail": str(error)}, 422)
        return as_json({"detail": "no such path"}, 404)

    def _in_order(self) -> list[tuple[Position, Any]]:
        with self._lock:
            if self._ordered is None:
                self._ordered = sorted(self._readings.values(), key=lambda pair: pair[0])
            return self._ordered

    def _page(self, request: Request) -> Answer:
        params = request.params
        limit = int(params.get("limit", "10000"))
        if not 1 <= limit <= 100_000:
            raise ValueError("limit must be between 1 and 100000")
        limit = min(limit, self.page_limit)
        ordered = self._in_order()
        start = 0
        if "updated_since" in params:
            start = bisect.bisect_left(
                ordered,
                (text(instant(params["updated_since"])), "", ""),
                key=lambda p: p[0],
            )
        if "cursor" in params:
            after = tuple(json.loads(base64.urlsafe_b64decode(params["cursor"])))
            start = max(start, bisect.bisect_right(ordered, after, key=lambda p: p[0]))
        wanted = self._filter(params)
        page: list[tuple[Position, Any]] = []
        more = False
        for position, row in ordered[start:]:
            if wanted(row):
                if len(page) == limit:
                    more = True
                    break
                page.append((position, row))
        cursor = base64.urlsafe_b64encode(json.dumps(page[-1][0]).encode()).decode() if more else None
        rows = [row for _, row in page]
        if self.arrow and ARROW in request.headers.get("accept", ""):
            return as_arrow(rows, self.arrow_schema, cursor)
        return as_json({"data": rows, "next_cursor": cursor})

    def _filter(self, params: Mapping[str, str]) -> Callable[[Any], bool]:
        first = text(instant(params["from"])) if "from" in params else ""
        end = text(instant(params["to"])) if "to" in params else "~"
        store = params.get("store_id")

        def wanted(row: Any) -> bool:
            if not isinstance(row, dict):
                return True
            inside = first <= str(row.get("hour_start", first)) < end
            return inside and (store is None or self.sensors[row["sensor_id"]]["store_id"] == store)

        return wanted


def as_arrow(rows: list[Any], schema: pa.Schema, cursor: str | None) -> Answer:
    """An Arrow IPC stream; text is parsed where the schema has timestamps."""
    times = [name for name in ("hour_start", "updated_at") if pa.types.is_timestamp(schema.field(name).type)]
    parsed = [row | {name: instant(row[name]) for name in times} for row in rows]
    columns = [_column(schema.field(name).type, [row.get(name) for row in parsed]) for name in schema.names]
    table = pa.Table.from_arrays(columns, schema=schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    headers = {"Content-Type": ARROW} | ({"X-Next-Cursor": cursor} if cursor else {})
    return Answer(headers=headers, body=sink.getvalue().to_pybytes())


def _column(kind: pa.DataType, values: list[Any]) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in values], kind)
    return pa.array(values).cast(kind)


def _plain(fields: Mapping[str, Any]) -> Row:
    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return text(value)
        return value.isoformat() if isinstance(value, date) else value

    return {name: plain(value) for name, value in fields.items()}


def _first_page(provider: Provider, request: Request) -> Row:
    params = {name: value for name, value in request.params.items() if name != "cursor"}
    honest = provider.honest_answer(Request(request.path, params, {**request.headers, "accept": "application/json"}))
    body: Row = json.loads(honest.body)
    return body


def _gigabyte() -> Iterator[bytes]:
    yield b'{"data": ['
    block = b"0," * 500_000
    for _ in range(1_000):
        yield block
    yield b'0], "next_cursor": null}'


# How a provider can break the contract at /readings: (provider, request, number of the request) -> answer.
LIES: dict[str, Callable[[Provider, Request, int], Answer]] = {
    "same page for ever": lambda p, r, n: as_json(_first_page(p, r) | {"next_cursor": f"page-{n}"}),
    "cursor stands still": lambda p, r, n: as_json(_first_page(p, r) | {"next_cursor": "again"}),
    "cursor loops": lambda p, r, n: as_json(_first_page(p, r) | {"next_cursor": f"page-{n % 3}"}),
    "endless empty pages": lambda p, r, n: as_json({"data": [], "next_cursor": f"page-{n}"}),
    "html": lambda p, r, n: Answer(
        headers={"Content-Type": "text/html"},
        body=b"<html><h1>Please log in</h1></html>",
    ),
    "empty body": lambda p, r, n: Answer(headers={"Content-Type": "application/json"}),
    "invalid json": lambda p, r, n: Answer(headers={"Content-Type": "application/json"}, body=b'{"data": [{"sens'),
    "no data": lambda p, r, n: as_json({"rows": [], "next_cursor": None}),
    "data is not a list": lambda p, r, n: as_json({"data": {"a": 1}, "next_cursor": None}),
    "cursor is not text": lambda p, r, n: as_json({"data": [], "next_cursor": {"page": 2}}),
    "broken arrow": lambda p, r, n: Answer(headers={"Content-Type": ARROW}, body=b"\xff\xff\xff\xff\x10\x00\x00"),
    "truncated": lambda p, r, n: Answer(headers={"Content-Type": "application/json"}, body=b'{"data": [', length=5000),
    "gigabyte": lambda p, r, n: Answer(headers={"Content-Type": "application/json"}, chunks=_gigabyte()),
}
