"""The air at every station, in slots of ten minutes, and what the network makes of it.

Time is cut into spans of 32 days that never move; a span's arrays follow from the seed, the station and its number
alone, so an hour is the same in every request and at any time.

- Weather (spells of days, and of hours) is common to the city for the greater part and scales everything; on top come
  the street's own traffic with its day and week, a turbulence of less than an hour, and plumes: a fire, a lorry.
- Sensors add noise, a zero and a gain that wander over weeks, and hours in which they repeat their last value.
- Stations go silent for an hour, for a night, for days.

The sizes are guesses from what is published of such stations, and were not fitted to any forecast.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mock_api.air_quality.stations import Station
from mock_api.randomness import normals, uniforms
from mock_api.times import EPOCH

SPAN = 32 * 24  # hours; each span looks back over the one before
SLOTS = 6  # an hour

Array = NDArray[np.float64]

# As the contract names them, with the decimals served.
DECIMALS = {"CO": 2, "T": 1, "T. int.": 1, "NO2": 1, "O3": 1, "PM10": 1, "PM2.5": 1, "RH": 1}

CITY_SHARE = 0.7  # of the weather's variance
PLUME_EVERY, PLUME_HOURS = 45.0, 1.2
SINGLE_MISSING = 0.02
OUTAGES = ((1 / 700, 3, 14), (1 / 2500, 24, 200))  # a start's probability in an hour; least and most hours
KEY_MISSING = 0.004
KEY_OUTAGE = (1 / 3000, 6, 72)
STUCK = (1 / 1200, 5, 30)
RESTATED_PROBABILITY = 0.5  # in a span
RESTATED_DAYS = (30, 150)

# Share of the day's traffic by hour; Abidjan's clocks show UTC.
_WEEKDAY = np.array(
    [.35, .25, .2, .2, .3, .6, 1.2, 1.7, 1.7, 1.35, 1.15, 1.1, 1.1, 1.1, 1.1, 1.2, 1.4, 1.7, 1.8, 1.6, 1.3, 1., .75, .5]
)  # fmt: skip
_WEEKEND = np.array(
    [.6, .45, .35, .3, .3, .4, .6, .8, 1., 1.1, 1.2, 1.2, 1.1, 1., 1., 1.1, 1.2, 1.3, 1.5, 1.4, 1.3, 1.1, .9, .8]
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """32 days of one station, as finally measured: `values` and `has_key` by pollutant, hours in one dimension."""

    hours: NDArray[np.int64]  # since the epoch
    values: dict[str, Array]
    has_key: dict[str, NDArray[np.bool_]]
    is_missing: NDArray[np.bool_]


@dataclass(frozen=True)
class Restatement:
    """From hour `at` on, the station's negative CO of `first` up to before `at` is served as 0."""

    at: int
    first: int


class Simulation:
    """The network under one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.span = lru_cache(maxsize=1024)(self._span)
        self.slots = lru_cache(maxsize=16)(self._slots)
        self.restatement = lru_cache(maxsize=1024)(self._restatement)

    def _span(self, station: Station, number: int) -> Span:
        hours = np.arange(number * SPAN, (number + 1) * SPAN)
        values = {key: slots.mean(axis=1) for key, slots in self.slots(station, number).items()}
        name = f"{station.station_id}"
        for key in ("PM2.5", "CO"):
            stuck_from = self._stuck_from(f"{name}/{key}/stuck", number)
            for stuck_key in ("PM2.5", "PM10") if key == "PM2.5" else ("CO",):
                values[stuck_key] = values[stuck_key][stuck_from]
        is_missing = self._uniform(f"{name}/missing", number)[SPAN:] < SINGLE_MISSING
        for kind, outage in enumerate(OUTAGES):
            is_missing = is_missing | self._runs(f"{name}/outage/{kind}", number, *outage)
        has_key = {
            key: (self._uniform(f"{name}/{key}/missing", number)[SPAN:] >= KEY_MISSING)
            & ~self._runs(f"{name}/{key}/outage", number, *KEY_OUTAGE)
            for key in DECIMALS
        }
        return Span(hours, values, has_key, is_missing)

    def _slots(self, station: Station, number: int) -> dict[str, Array]:
        """What the sensors read, by pollutant: hours by slots."""
        name = f"{station.station_id}"
        hours = np.arange(number * SPAN, (number + 1) * SPAN)
        clock = hours[:, None] + np.arange(SLOTS) / SLOTS

        # Weather, by hour: spells of about two days and of some hours, city and street.
        spell = self._mixed(name, "spell", number, memory=45.0)
        breeze = self._mixed(name, "breeze", number, memory=7.0)
        # The air stands in the night and mixes in the afternoon.
        stagnation = _between(np.exp(0.34 * spell + 0.26 * breeze)) * np.exp(0.3 * np.cos(2 * np.pi * (clock - 4) / 24))
        turbulence = self._wandering(f"{name}/turbulence", number, memory=4.0, per_hour=SLOTS).reshape(SPAN, SLOTS)
        year = 2 * np.pi * (clock / 24 / 365.25)
        dry_season = np.exp(0.35 * np.cos(year - 0.2))  # dust from the desert at the turn of the year

        traffic = self._traffic(name, number, clock) * station.traffic
        plumes = self._plumes(name, number)
        sun = np.clip(np.sin(np.pi * (clock % 24 - 6) / 12), 0, None)

        particles = (
            station.level * (6.0 * dry_season + 11.0 * traffic) * stagnation * np.exp(0.17 * turbulence) + plumes
        )
        gain = 1.0 + 0.06 * self._drift(f"{name}/PM2.5/gain", number)
        pm2_5 = particles * gain * self._noise(f"{name}/PM2.5", number, 0.07)
        dust = station.level * (12.0 * dry_season + 5.0 * traffic) * np.sqrt(stagnation)
        pm10 = (1.15 * particles + dust) * gain * self._noise(f"{name}/PM10", number, 0.09)

        co = station.level * (0.08 + 0.40 * traffic * np.exp(0.2 * turbulence)) * stagnation + 0.015 * plumes
        co += 0.3 * self._drift(f"{name}/CO/zero", number) + 0.05 * self._own(f"{name}/CO", number)
        no2 = station.level * (6.0 + 16.0 * traffic) * stagnation * np.exp(0.15 * turbulence)
        no2 = np.clip(no2 + 2.5 * self._own(f"{name}/NO2", number), 0.0, None)
        o3 = 22.0 + 55.0 * sun / np.sqrt(stagnation) - 0.5 * no2
        o3 += 8.0 * self._drift(f"{name}/O3/zero", number) + 2.0 * self._own(f"{name}/O3", number)

        cloud = _between(breeze)
        climate = station.climate
        of_season = climate.mean + climate.swing * np.cos(year - climate.warmest)
        temperature = of_season + 3.6 * sun - 0.8 * cloud + 0.15 * self._own(f"{name}/T", number)
        inside = temperature + 4.5 + 3.0 * sun
        dew = of_season if climate.dew is None else climate.dew
        humidity = np.clip(climate.humid - 3.4 * (temperature - dew) + 3.0 * cloud, 15.0, 100.0)
        return {
            "CO": co,
            "T": temperature,
            "T. int.": inside,
            "NO2": no2,
            "O3": o3,
            "PM10": pm10,
            "PM2.5": np.clip(pm2_5, 0.0, None),
            "RH": humidity,
        }

    def _traffic(self, name: str, number: int, clock: Array) -> Array:
        """Around 1: the hour's share, as heavy or light as the day happens to be."""
        days = (clock // 24).astype(np.int64)
        is_weekend = (days + EPOCH.weekday()) % 7 >= 5
        at = clock[:, 0].astype(np.int64) % 24
        profile = np.where(is_weekend, _smooth(_WEEKEND, at), _smooth(_WEEKDAY, at))
        heavy = normals(self._uniform(f"{name}/day", number)[SPAN:]).reshape(-1, 24)[:, 0]
        return np.asarray(profile * np.exp(0.18 * heavy)[days - days[0, 0]])

    def _plumes(self, name: str, number: int) -> Array:
        """µg/m³ on top: each begins in one slot and thins out."""
        chance = self._uniform(f"{name}/plume", number, SLOTS)
        size = normals(self._uniform(f"{name}/plume/size", number, SLOTS))
        starts = np.where(chance < 1 / (PLUME_EVERY * SLOTS), np.exp(np.log(14.0) + 0.8 * size), 0.0)
        kernel = np.exp(-np.arange(12 * SLOTS) / (PLUME_HOURS * SLOTS))
        return np.convolve(starts, kernel)[SPAN * SLOTS : 2 * SPAN * SLOTS].reshape(SPAN, SLOTS)

    def _restatement(self, station: Station, number: int) -> Restatement | None:
        """The one that falls into a span, if one does."""
        chance, when, reach = uniforms(self.seed, f"air/{station.station_id}/restated", number + 2, 3)
        if chance >= RESTATED_PROBABILITY:
            return None
        at = number * SPAN + int(when * SPAN)
        least, most = RESTATED_DAYS
        return Restatement(at, at - 24 * int(least + reach * (most - least)))

    # Random series of a span, by name. Where a series looks back, it looks over the whole span before.

    def _uniform(self, name: str, number: int, per_hour: int = 1) -> Array:
        """The span before and the span."""
        size = SPAN * per_hour
        return np.concatenate([uniforms(self.seed, f"air/{name}", n + 2, size) for n in (number - 1, number)])

    def _wandering(self, name: str, number: int, memory: float, per_hour: int = 1) -> Array:
        """Unit variance, forgetting exponentially: `memory` in steps."""
        size = SPAN * per_hour
        white = np.concatenate([normals(part) for part in np.split(self._uniform(name, number, per_hour), 2)])
        kernel = np.exp(-np.arange(min(size, int(7 * memory) + 1)) / memory)
        kernel /= np.sqrt((kernel**2).sum())
        return np.asarray(np.convolve(white, kernel)[size : 2 * size])

    def _mixed(self, name: str, kind: str, number: int, memory: float) -> Array:
        """Weather by hour: the city's, and a part of the street's own."""
        city = self._wandering(f"city/{kind}", number, memory)
        street = self._wandering(f"{name}/{kind}", number, memory)
        return np.asarray(np.sqrt(CITY_SHARE) * city + np.sqrt(1 - CITY_SHARE) * street)

    def _own(self, name: str, number: int) -> Array:
        """White, by slot."""
        return normals(self._uniform(f"{name}/noise", number, SLOTS)[SPAN * SLOTS :]).reshape(SPAN, SLOTS)

    def _noise(self, name: str, number: int, size: float) -> Array:
        """A sensor's own factor, by slot."""
        return 1.0 + size * self._own(name, number)

    def _drift(self, name: str, number: int) -> Array:
        """About unit variance, wandering over weeks: straight lines between knots of 5 and of 28 days."""
        hours = np.arange(number * SPAN, (number + 1) * SPAN) + np.arange(SLOTS)[:, None] / SLOTS
        total = np.zeros_like(hours)
        for knot_hours, weight in ((5 * 24, 0.5), (28 * 24, 1.0)):
            first = int(hours.min() // knot_hours)
            knots = np.arange(first, int(hours.max() // knot_hours) + 2)
            at = [normals(uniforms(self.seed, f"air/{name}/{knot_hours}", k + 2, 2))[0] for k in knots.tolist()]
            total += weight * np.interp(hours, knots * knot_hours, at)
        return total.T

    def _runs(self, name: str, number: int, probability: float, least: int, most: int) -> NDArray[np.bool_]:
        """The span's hours that lie in a run; runs may begin in the span before."""
        chance = self._uniform(name, number)
        starts = np.flatnonzero(chance < probability)
        lengths = least + (chance[starts] / probability * (most - least + 1)).astype(np.int64)
        inside = np.zeros(2 * SPAN, dtype=np.bool_)
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            inside[start : start + length] = True
        return inside[SPAN:]

    def _stuck_from(self, name: str, number: int) -> NDArray[np.int64]:
        """For each hour of the span, the hour whose value it repeats: its own, unless the sensor is stuck."""
        probability, least, most = STUCK
        chance = self._uniform(name, number)[SPAN:]
        source = np.arange(SPAN)
        for start in np.flatnonzero(chance < probability).tolist():
            length = least + int(chance[start] / probability * (most - least + 1))
            source[start : start + length] = source[start]
        return source


def _between(by_hour: Array) -> Array:
    """An hourly series at every slot, on straight lines between the hours; the last hour stays level."""
    following = np.append(by_hour[1:], by_hour[-1])
    share = np.arange(SLOTS) / SLOTS
    return np.asarray(by_hour[:, None] * (1 - share) + following[:, None] * share)


def _smooth(profile: Array, hour: NDArray[np.int64]) -> Array:
    """A profile by hour at every slot of those hours."""
    share = np.arange(SLOTS) / SLOTS
    return np.asarray(profile[hour][:, None] * (1 - share) + profile[(hour + 1) % 24][:, None] * share)
