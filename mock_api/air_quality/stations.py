"""The network's stations: two that every world has, and as many more as a client asks for."""

from dataclasses import dataclass, replace
from datetime import datetime

from mock_api.randomness import uniforms

FURTHER_IDS = range(283190001, 283191000)
LONGEST_LAG = 35  # minutes


@dataclass(frozen=True)
class Climate:
    """Air temperature in °C: the year's mean without the sun's share, and how far it swings to the warmest month.

    `humid` is the relative humidity at `dew` °C; without a `dew`, at the season's own mean temperature. `warmest` is the
    year's warmest time, in radians from 1 January.
    """

    mean: float
    swing: float
    warmest: float
    humid: float
    dew: float | None = None


TROPICS = Climate(mean=25.6, swing=1.2, warmest=1.0, humid=104.0, dew=22.0)


@dataclass(frozen=True)
class Place:
    """Where a station stands, and what it is called; from the time in `moved` on it is another place.

    One that `has_sentinels` reports numbers that mean "no value", one that `has_future` an hour of years later.
    """

    name: str
    latitude: float
    longitude: float
    climate: Climate = TROPICS
    moved: "tuple[datetime, Place] | None" = None
    has_sentinels: bool = False
    has_future: bool = False

    def at(self, moment: datetime) -> "Place":
        """The place as it is at that moment."""
        return self.moved[1] if self.moved and self.moved[0] <= moment else self


@dataclass(frozen=True)
class Station:
    """One station: where it stands, what its street is like, and how long its uploads take.

    `level` scales the street's pollution, `traffic` how much of it follows the traffic's day, `lag` is in minutes.
    """

    station_id: int
    place: Place
    level: float
    traffic: float
    lag: float

    @property
    def climate(self) -> Climate:
        """Its place's."""
        return self.place.climate


ABIDJAN = {283164601: Place("SMART188", 5.36, -3.98), 283181971: Place("SMART189", 5.31, -4.02)}


def find_station(seed: int, station_id: str, places: dict[int, Place]) -> Station | None:
    """The station of that id; None where the network has none."""
    if not (station_id.isascii() and station_id.isdecimal()) or len(station_id) > 9:
        return None
    number = int(station_id)
    if number in places:
        return _station(seed, number, places[number])
    if number not in FURTHER_IDS:
        return None
    place = number - FURTHER_IDS.start
    return _station(
        seed, number, Place(f"SMART{place + 201}", 5.25 + 0.02 * (place % 9), -4.1 + 0.02 * (place // 9 % 11))
    )


def _station(seed: int, number: int, place: Place) -> Station:
    level, traffic, lag = uniforms(seed, f"air/station/{number}", 0, 3).tolist()
    return Station(
        number,
        replace(place, latitude=round(place.latitude, 2), longitude=round(place.longitude, 2)),
        level=0.7 + 0.8 * level,
        traffic=0.6 + 0.8 * traffic,
        lag=8 + (LONGEST_LAG - 8) * lag,
    )
