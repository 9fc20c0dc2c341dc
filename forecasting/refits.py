"""Which models a build fits, and which earlier fits it keeps.

A series is a pollutant at a horizon: one model each. A fit is named by the hour that it ends with, in hours since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

DAY = 24  # hours

# Hours of the last 75 days that have no forecast get one. The oldest days only serve to weigh members and set intervals.
BACKTEST_DAYS = 75
BACKTEST_FIT_DAYS = (75, 40, 5)  # ago, the ends of the fits that a first build makes: none is used for over 35 days
REFIT_DAYS = 7  # a model's age at which it is refitted, one a build
OVERDUE_DAYS = 14  # an age that daily builds never reach: the warehouse has paused

Model = tuple[str, int]


def due_fits(ends: Mapping[Model, Sequence[int]], models: Iterable[Model], newest: int) -> list[tuple[str, int, int]]:
    """Which fits to make: pollutant, horizon and the hour to end with.

    - A model without a fit, or whose newest fit is overdue, gets the fits of a first build that are newer than its
      newest one. After a pause of any length each hour to forecast is so forecast by a fit that is at least as new as a
      new warehouse's, or younger than `OVERDUE_DAYS`.
    - Of the other models, the one whose newest fit is oldest is refitted if that is `REFIT_DAYS` old or older. One a
      build, so that hourly builds stay short.

    Args:
        ends: of the fits that there are, by model; none later than `newest`.
        models: all that there should be.
        newest: the newest hour of any station.
    """
    due = []
    routine: list[tuple[int, Model]] = []
    for model in models:
        last = max(ends.get(model, ()), default=None)
        if last is None or newest - last >= DAY * OVERDUE_DAYS:
            due += [
                (*model, end)
                for end in (newest - DAY * days for days in BACKTEST_FIT_DAYS)
                if last is None or end > last
            ]
        elif newest - last >= DAY * REFIT_DAYS:
            routine.append((last, model))
    if routine:
        due.append((*min(routine)[1], newest))
    return due


def kept_fits(ends: Iterable[int], newest: int) -> set[int]:
    """The ends of a model's fits that can still be of use: the newest one from before the hours that get a forecast, and
    all that are newer."""
    since = newest - DAY * BACKTEST_DAYS
    found = set(ends)
    return {end for end in found if end > since} | set(sorted(end for end in found if end <= since)[-1:])
