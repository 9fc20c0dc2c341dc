"""The network's stations: the first project's two in Abidjan, and as many more as a client asks for."""

from dataclasses import dataclass

from mock_api.randomness import uniforms

FURTHER_IDS = range(283190001, 283191000)
LONGEST_LAG = 35  # minutes


@dataclass(frozen=True)
class Station:
    """One station: where it stands, what its street is like, and how long its uploads take.

    `level` scales the street's pollution, `traffic` how much of it follows the traffic's day, `lag` is in minutes.
    """

    station_id: int
    name: str
    latitude: float
    longitude: float
    level: float
    traffic: float
    lag: float


def find_station(seed: int, station_id: str) -> Station | None:
    """The station of that id; None where the network has none."""
    if not (station_id.isascii() and station_id.isdecimal()) or len(station_id) > 9:
        return None
    number = int(station_id)
    if number == 283164601:
        return _station(seed, number, "SMART188", 5.36, -3.98)
    if number == 283181971:
        return _station(seed, number, "SMART189", 5.31, -4.02)
    if number not in FURTHER_IDS:
        return None
    place = number - FURTHER_IDS.start
    return _station(seed, number, f"SMART{place + 201}", 5.25 + 0.02 * (place % 9), -4.1 + 0.02 * (place // 9 % 11))


def _station(seed: int, number: int, name: str, latitude: float, longitude: float) -> Station:
    level, traffic, lag = uniforms(seed, f"air/station/{number}", 0, 3).tolist()
    return Station(
        number,
        name,
        round(latitude, 2),
        round(longitude, 2),
        level=0.7 + 0.8 * level,
        traffic=0.6 + 0.8 * traffic,
        lag=8 + (LONGEST_LAG - 8) * lag,
    )
