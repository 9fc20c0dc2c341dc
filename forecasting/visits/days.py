"""Stores by days on a regular grid, holidays and events included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forecasting.series import Array

HORIZON = 14
"""Days that are forecast."""
WEEK = 7


@dataclass(frozen=True)
class Days:
    """Every store's days from `first` on, to 14 days after the newest that any store knows. Stores by days.

    Attributes:
        first: the first day, in days since 1970.
        known_until: by store, the place of the last day that is known; those after it have no visits.
        visits: what came; NaN where it is not known, or the store was closed.
        baseline: for a forecast made 1 to 7 and 8 to 14 days before: the median of the last eight same weekdays that
            were ordinary (2 by stores by days).
        is_ordinary: open, known, and neither a holiday nor in an unusual event.
        is_own: from a store's first known day on.
        is_open: not closed by a holiday or closure. Outside of a store's own days nothing is open.
        holiday: which one, as a place in `holidays`; -1 on other days. The same day of two countries is two holidays.
        event: which label, as a place in `events`; -1 on other days.
        holidays, events: their names, each holiday's with its country's.
    """

    first: int
    store_ids: tuple[str, ...]
    known_until: NDArray[np.int64]
    visits: Array
    baseline: Array
    is_ordinary: NDArray[np.bool_]
    is_own: NDArray[np.bool_]
    is_open: NDArray[np.bool_]
    holiday: NDArray[np.int64]
    event: NDArray[np.int64]
    holidays: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def count(self) -> int:
        return int(self.visits.shape[1])

    @property
    def dates(self) -> NDArray[np.int64]:
        """In days since 1970."""
        return np.arange(self.first, self.first + self.count)


def day_numbers(dates: pa.ChunkedArray) -> NDArray[np.int64]:
    """Dates as days since 1970."""
    return np.asarray(dates.cast(pa.date32()).cast(pa.int32()).to_numpy(), dtype=np.int64)


def all_days(table: pa.Table) -> Days:
    """The grid of int_forecasts__visit_days: one row per store and day, in any order."""
    store_ids, store = _codes(table["store_id"])
    numbers = day_numbers(table["visit_date"])
    first = int(numbers.min())
    shape = (len(store_ids), int(numbers.max()) - first + 1)
    at = (store, numbers - first)

    def grid(name: str) -> Array:
        values = np.full(shape, np.nan)
        values[at] = table[name].cast(pa.float64()).to_numpy()
        return values

    def flags(name: str) -> NDArray[np.bool_]:
        values = np.zeros(shape, dtype=np.bool_)
        values[at] = table[name].to_numpy()
        return values

    def names(column: pa.ChunkedArray) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        values = np.full(shape, -1, dtype=np.int64)
        found, values[at] = _codes(column)
        return tuple(found), values

    is_known = flags("is_known")
    # A name is another holiday in another country.
    holidays, holiday = names(pc.binary_join_element_wise(table["country_code"], table["holiday_name"], " "))
    events, event = names(table["event_label"])
    return Days(
        first=first,
        store_ids=tuple(store_ids),
        known_until=shape[1] - 1 - np.argmax(is_known[:, ::-1], axis=1),
        visits=grid("visits"),
        baseline=np.stack([grid("baseline_one_week"), grid("baseline_two_weeks")]),
        is_ordinary=flags("is_ordinary"),
        is_own=np.maximum.accumulate(is_known, axis=1),
        is_open=flags("is_open"),
        holiday=holiday,
        event=event,
        holidays=holidays,
        events=events,
    )


def _codes(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """The values in order, and each row's place among them; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    place = np.empty(len(values) + 1, dtype=np.int64)
    place[order] = np.arange(len(values))
    place[-1] = -1
    codes = encoded.indices.fill_null(len(values)).to_numpy().astype(np.int64)
    return [values[each] for each in order], place[codes]
