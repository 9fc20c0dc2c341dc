"""A small air-quality provider of the tests' own: the AirQino contract over real HTTP, held in memory.

It shares no code with the mock or with ingestion. Its lists can be changed between two requests.

    with AirProvider() as provider:
        provider.put_station(283164601, name="SMART188")
        provider.put(283164601, "2024-05-01 08:00:00", {"CO": 0.4, "PM2.5": 12.1})
        provider.environment()  # the settings that point here
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from tests.http_server import Answer, HttpServer, Request, as_json

PREFIX = "/air"
WINDOW = 8760
KEYS = ("CO", "T", "T. int.", "NO2", "O3", "PM10", "PM2.5", "RH")

Values = Mapping[str, Any]


class AirProvider:
    """The contract from dictionaries in memory.

    `hours[station_id]` maps a timestamp as the network writes it to that hour's values by key; a missing value is a
    missing key. `appended[station_id]` is served after them as it is. `window` is how many hours before the newest are
    served. `intercept` is called with each request; what it returns, unless None, is the answer. `requests` are all
    so far.
    """

    def __init__(self, api_key: str | None = None) -> None:
        self.api_key = api_key
        self.window = WINDOW
        self.headers: dict[str, dict[str, Any]] = {}
        self.hours: dict[str, dict[str, Values]] = {}
        self.appended: dict[str, list[Any]] = {}
        self.intercept: Callable[[Request], Answer | None] | None = None
        self.requests: list[Request] = []
        self._server = HttpServer(self.answer, PREFIX)

    def put_station(
        self, station_id: int | str, name: str = "SMART", latitude: str = "5.36", longitude: str = "-3.98"
    ) -> None:
        """Add a station without hours, or change one's header."""
        station_id = str(station_id)
        self.headers[station_id] = {"station_name": name, "station_lat": latitude, "station_lon": longitude}
        self.hours.setdefault(station_id, {})
        self.appended.setdefault(station_id, [])

    def put(self, station_id: int | str, timestamp: str, values: Values) -> None:
        """Give an hour, or give it again."""
        self.hours[str(station_id)][timestamp] = dict(values)

    def fail(self, station_id: int | str, answer: Answer) -> None:
        """Give `answer` to every request for one station."""
        self.intercept = lambda request: answer if request.path.endswith(f"/{station_id}") else None

    def environment(self) -> dict[str, str]:
        """The settings that point ingestion here, by variable."""
        return {
            "SOURCES__AIR_QUALITY__BASE_URL": self._server.address,
            "SOURCES__AIR_QUALITY__STATION_IDS": f"[{', '.join(self.headers)}]",
        }

    def served(self, station_id: str) -> list[Any]:
        """The rows of an answer, oldest first."""
        newest = sorted(self.hours[station_id])[-self.window :]
        rows = [{"timestamp": timestamp} | dict(self.hours[station_id][timestamp]) for timestamp in newest]
        return rows + self.appended[station_id]

    def answer(self, request: Request) -> Answer:
        """What the contract says to this request (or what `intercept` says instead)."""
        self.requests.append(request)
        if self.intercept is not None and (answer := self.intercept(request)) is not None:
            return answer
        if self.api_key is not None and request.headers.get("x-api-key") != self.api_key:
            return as_json({"detail": "wrong or missing X-API-Key"}, 401)
        path, _, station = request.path.rpartition("/")
        if path != "/v3/getStationHourlyAvg" or station not in self.headers:
            return as_json({"detail": "no such station"}, 404)
        return as_json({"header": self.headers[station], "data": self.served(station)})

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)
