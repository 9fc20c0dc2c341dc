"""What the network answers at the clock's time, apart from HTTP."""

from datetime import timedelta

import numpy as np

from mock_api.air_quality.simulation import DECIMALS, SLOTS, SPAN, Restatement, Simulation
from mock_api.air_quality.stations import Place, Station, find_station
from mock_api.clock import Clock
from mock_api.times import END, EPOCH, HOUR

WINDOW = 8760  # hours
FUTURE_HOUR: dict[str, object] = {"timestamp": "2031-01-01 09:00:00", "CO": 0.4, "PM2.5": 12.0}
SENTINELS: tuple[tuple[str, float], ...] = (
    ("PM2.5", -999.0), ("CO", 999.9), ("NO2", 9999.0), ("T", -999.0), ("PM10", -999.0), ("O3", 9999.0), ("RH", 999.9),
)  # fmt: skip
SENTINEL_EVERY = 97  # hours


def sentinel(hour: int) -> dict[str, float]:
    """The key that an instrument gives a number in place of "no value" in an hour since `EPOCH`, and the number; or none."""
    turn, rest = divmod(hour, SENTINEL_EVERY)
    return {} if rest else dict([SENTINELS[turn % len(SENTINELS)]])


class AirQuality:
    """The network under one seed, seen at the clock's time. `places` says where its stations stand."""

    def __init__(self, seed: int, clock: Clock, places: dict[int, Place]) -> None:
        self.seed = seed
        self.places = places
        self.clock = clock
        self.simulation = Simulation(seed)

    def station(self, station_id: str) -> Station:
        """Raises LookupError with a sentence where the network has no such station."""
        found = find_station(self.seed, station_id, self.places)
        if found is None:
            raise LookupError("No such station. There are 283164601, 283181971, and 283190001 to 283190999.")
        return found

    def hours(self, station: Station) -> list[dict[str, object]]:
        """The last 8,760 hours of a station, oldest first, less those that are missing.

        The newest hour is the mean of what has been uploaded of it. A restatement counts from its hour on.
        """
        now = min(max(self.clock.now(), EPOCH), END - timedelta(hours=1))
        elapsed = max((now - EPOCH).total_seconds() / HOUR - station.lag / 60, 0.0)
        newest = int(elapsed)
        first = max(newest - WINDOW + 1, 0)
        restatements = self._restatements(station, first, newest)
        rows: list[dict[str, object]] = []
        for number in range(first // SPAN, newest // SPAN + 1):
            span = self.simulation.span(station, number)
            columns = {
                key: np.where(span.has_key[key], np.round(values, DECIMALS[key]), np.nan)
                for key, values in span.values.items()
            }
            if number == newest // SPAN:
                for key, value in self.under_way(station, newest, elapsed - newest).items():
                    has_key = span.has_key[key][newest % SPAN]
                    columns[key][newest % SPAN] = round(value, DECIMALS[key]) if has_key else np.nan
            for restatement in restatements:
                is_restated = (span.hours >= restatement.first) & (span.hours < restatement.at)
                columns["CO"][is_restated & (columns["CO"] < 0)] = 0.0
            shown = ~span.is_missing & (span.hours >= first) & (span.hours <= newest)
            lists = [columns[key][shown].tolist() for key in DECIMALS]
            for hour, *values in zip(span.hours[shown].tolist(), *lists, strict=True):
                row: dict[str, object] = {"timestamp": _text(hour)}
                row |= {key: value for key, value in zip(DECIMALS, values, strict=True) if value == value}
                if station.place.has_sentinels and (said := sentinel(hour)):
                    row |= said
                rows.append(row)
        if station.place.has_future:
            rows.append(FUTURE_HOUR)
        return rows

    def under_way(self, station: Station, hour: int, share: float) -> dict[str, float]:
        """An hour as it is served while only `share` of it is over: means over whole slots, and the part of one.

        `hour` counts from `EPOCH`. Values by key, not rounded.
        """
        weights = np.clip(share * SLOTS - np.arange(SLOTS), 1e-9, 1.0)
        slots = self.simulation.slots(station, hour // SPAN)
        return {key: float(np.average(values[hour % SPAN], weights=weights)) for key, values in slots.items()}

    def _restatements(self, station: Station, first: int, newest: int) -> list[Restatement]:
        """Those that have happened by now and may reach into the window."""
        found = (self.simulation.restatement(station, number) for number in range(first // SPAN, newest // SPAN + 1))
        return [restatement for restatement in found if restatement is not None and restatement.at <= newest]


def _text(hour: int) -> str:
    return (EPOCH + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S")
