"""The forecasts of visits: what may be known when, what they are worth on days with a known truth, and the stores that go wrong."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from forecasting.visits import graph
from forecasting.visits.days import HORIZON, Days, all_days
from forecasting.visits.features import Known, Triples
from forecasting.visits.fits import MIN_ROWS, Fit, Forecaster, fit
from forecasting.visits.forecasts import BASELINE, CLOSED, ENSEMBLE, NO_BASELINE, NONE, YOUNG, ZERO, Forecasts, make

Array = NDArray[np.float64]
FIRST = date(2024, 1, 1)  # a Monday
DAYS = 560
WEEK = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.8])
FEAST, EVE = 0.4, 1.3  # what a holiday and the day before it bring, of an ordinary day


def expected(level: float, length: int = DAYS) -> Array:
    """A store's weekly rhythm and season, with a holiday every 61 days."""
    days = np.arange(length)
    season = 1 + 0.15 * np.cos(2 * np.pi * days / 365.25)
    return np.asarray(
        level * WEEK[days % 7] * season * np.select([days % 61 == 60, days % 61 == 59], [FEAST, EVE], 1.0)
    )


def table(
    visits: dict[str, Array], closed: dict[str, list[int]] | None = None, unusual: dict[str, list[int]] | None = None
) -> pa.Table:
    """The rows that int_forecasts__visit_days has of these stores; NaN is a day of which nothing is known.

    The baseline is worked out here day by day.
    """
    rows = []
    for store_id, values in visits.items():
        shut, odd = (closed or {}).get(store_id, []), (unusual or {}).get(store_id, [])
        ordinary = [
            place
            for place, value in enumerate(values)
            if not np.isnan(value) and place not in shut and place not in odd and place % 61 != 60
        ]
        for place in range(len(values) + HORIZON):
            is_known = place < len(values) and (not np.isnan(values[place]) or place in shut)
            is_open = place not in shut
            row = {
                "store_id": store_id,
                "country_code": "FR",
                "visit_date": FIRST + timedelta(place),
                "is_known": is_known,
                "is_open": is_open,
                "is_ordinary": place in ordinary,
                "visits": float(values[place]) if is_known and is_open else None,
                "holiday_name": "Feast" if place % 61 == 60 else None,
                "event_label": "Fair" if place in odd else None,
            }
            for name, back in (("baseline_one_week", 7), ("baseline_two_weeks", 14)):
                before = [
                    each
                    for each in ordinary[-400:]
                    if each <= place - back and (place - each) % 7 == 0 and place - each <= 182
                ]
                row[name] = float(np.median(values[before[-8:]])) if before else None
            rows.append(row)
    text = {
        "store_id": pa.string(),
        "country_code": pa.string(),
        "holiday_name": pa.string(),
        "event_label": pa.string(),
    }
    real = ("visits", "baseline_one_week", "baseline_two_weeks")
    names = list(rows[0])
    types = [
        text.get(name, pa.float64() if name in real else pa.date32() if name == "visit_date" else pa.bool_())
        for name in names
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(names, types, strict=True))))


@pytest.fixture(scope="module")
def chain() -> pa.Table:
    """Five stores of three sizes for a year and a half, the days as the draw has them; the fourth opened three weeks ago."""
    draw = np.random.default_rng(7)
    visits = {f"s{number}": draw.poisson(expected(level)).astype(float) for number, level in enumerate((60, 200, 900))}
    young = draw.poisson(expected(300)).astype(float)
    young[:-20] = np.nan
    visits["young"] = young
    visits["zeros"] = np.zeros(DAYS)
    newborn = np.full(DAYS, np.nan)
    newborn[-1] = 50.0
    visits["newborn"] = newborn
    gone = visits["s1"].copy()
    gone[150 : 150 + 365] = np.nan
    visits["gap"] = gone
    return table(visits, closed={"s0": [DAYS + 2, 300], "s2": [200]}, unusual={"s1": [DAYS - 5]})


@pytest.fixture(scope="module")
def known(chain: pa.Table) -> Known:
    return Known(all_days(chain))


@pytest.fixture(scope="module")
def learned(known: Known) -> Fit:
    found = fit(known, known.days.first + DAYS - 85)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def made(known: Known, learned: Fit) -> Forecasts:
    """From every fourth day of the last twelve weeks, and the newest one."""
    places = [*range(DAYS - 84, DAYS - 1, 4), DAYS - 1]
    store, origin = np.meshgrid(np.arange(len(known.days.store_ids)), places)
    own = known.days.is_own[store.ravel(), origin.ravel()]
    return make(known, [learned], nothing(known), store.ravel()[own], origin.ravel()[own])


def nothing(known: Known) -> Forecasts:
    return graph._forecasts(graph.FORECASTS.empty_table(), known)


def of(made: Forecasts, known: Known, store_id: str, *, newest: bool = False) -> Forecasts:
    which = made.store == known.days.store_ids.index(store_id)
    return made.take(which & (made.origin == DAYS - 1) if newest else which)


def with_other_future(days: Days, place: int) -> Days:
    """The same days, on which other people came after `place`, and of which another baseline followed."""
    visits, baseline = days.visits.copy(), days.baseline.copy()
    visits[:, place + 1 :] = 7777.0
    baseline[0, :, place + 8 :] = 7777.0
    baseline[1, :, place + 15 :] = 7777.0
    return dataclasses.replace(days, visits=visits, baseline=baseline)


def test_neither_forecasts_nor_a_fit_know_what_comes_after(known: Known) -> None:
    place = DAYS - 60
    other = Known(with_other_future(known.days, place))
    store, horizon = np.meshgrid(np.arange(len(known.days.store_ids)), np.arange(1, HORIZON + 1))
    triples = Triples(store.ravel(), np.full(store.size, place), place + horizon.ravel())
    np.testing.assert_array_equal(known.mean_of_four(triples), other.mean_of_four(triples))

    first, second = (fit(each, known.days.first + place) for each in (known, other))
    assert first and second and first.content() == second.content()
    # A fit that ends earlier hears of the days up to the origin, and of none after it.
    early = dataclasses.replace(first, fitted_until=first.fitted_until - 9)
    is_own = known.days.is_own[triples.store, place]
    ours = triples.take(is_own)
    for one in (first, early):
        np.testing.assert_array_equal(Forecaster(known, one).forecasts(ours), Forecaster(other, one).forecasts(ours))
    assert (Forecaster(known, first).forecasts(ours) != Forecaster(known, early).forecasts(ours)).any()


def test_forecasts_come_near_to_what_was_to_be_expected_and_say_how_near(made: Forecasts, known: Known) -> None:
    """Of ordinary stores the mean of four weekdays is off by its own noise and by the holidays, which the model knows."""
    ours = [known.days.store_ids.index(name) for name in ("s0", "s1", "s2")]
    old = np.isin(made.store, ours) & (made.model != CLOSED) & (made.target < DAYS)
    made = made.take(old)
    level = np.array([60.0, 200.0, 900.0])[made.store - ours[0]]
    truth = expected(1.0)[made.target] * level
    came = known.days.visits[made.store, made.target]
    is_feast = (made.target % 61 == 60) | (made.target % 61 == 59)

    def off(guess: Array, which: NDArray[np.bool_]) -> float:
        return float(np.abs(guess - truth)[which].sum() / truth[which].sum())

    assert off(made.visits, ~is_feast) < 0.6 * off(made.mean_of_four, ~is_feast)
    assert off(made.visits, is_feast) < 0.4 * off(made.mean_of_four, is_feast)
    late = made.origin > DAYS - 60  # by then there are errors to learn from
    covered = (came >= made.lower) & (came <= made.upper)
    assert 0.7 <= covered[late].mean() <= 0.9
    assert (made.lower <= made.visits).all() and (made.visits <= made.upper).all() and (made.lower >= 0).all()


def test_stores_of_which_little_is_known_have_the_baseline_or_say_why_not(made: Forecasts, known: Known) -> None:
    young = of(made, known, "young", newest=True)
    assert set(young.model) == {BASELINE} and set(young.reason) == {YOUNG}
    np.testing.assert_array_equal(young.visits, young.baseline)

    zeros = of(made, known, "zeros", newest=True)
    assert set(zeros.reason) == {ZERO} and not zeros.visits.any() and not zeros.upper.any()

    newborn = of(made, known, "newborn", newest=True)
    has_one = newborn.target % 7 == (DAYS - 1) % 7
    assert set(newborn.model[~has_one]) == {NONE} and set(newborn.reason[~has_one]) == {NO_BASELINE}
    assert np.isnan(newborn.visits[~has_one]).all() and (newborn.visits[has_one] == 50.0).all()

    gap = of(made, known, "gap", newest=True)
    open_days = gap.take(gap.model != CLOSED)
    assert np.abs(open_days.visits / (expected(200, DAYS + HORIZON)[open_days.target]) - 1).mean() < 0.15

    closed = of(made, known, "s0", newest=True)
    assert closed.model[closed.target == DAYS + 2].tolist() == [CLOSED]
    assert closed.visits[closed.target == DAYS + 2].tolist() == [0.0]
    assert set(closed.model[closed.target != DAYS + 2]) <= {ENSEMBLE, BASELINE}


def test_what_does_not_pay_is_not_issued(known: Known, learned: Fit, made: Forecasts) -> None:
    """A model that is a third off loses to the mean of four weekdays as soon as its errors are known; where that is off too, to the baseline."""
    bad = dataclasses.replace(made, members=made.members * 0.5)
    bad = bad.take(bad.origin < DAYS - 1)
    worse = dataclasses.replace(bad, mean_of_four=bad.mean_of_four * 0.5)
    store = np.array([known.days.store_ids.index(name) for name in ("s0", "s1", "s2")])
    after = make(known, [learned], bad, store, np.full(3, DAYS - 1))
    ordinary = (after.model == ENSEMBLE) & (known.days.holiday[after.store, after.target] < 0)
    assert ordinary.any()
    np.testing.assert_allclose(after.visits[ordinary], after.mean_of_four[ordinary], rtol=0.03)
    after = make(known, [learned], worse, store, np.full(3, DAYS - 1))
    is_open = after.model != CLOSED
    assert set(after.model[is_open]) == {BASELINE}
    np.testing.assert_array_equal(after.visits[is_open], after.baseline[is_open])


def test_a_fit_is_the_same_after_it_was_stored_and_few_days_make_none(known: Known, learned: Fit) -> None:
    again = Fit.from_content(learned.fitted_until, learned.content())
    triples = Triples(np.zeros(HORIZON, np.int64), np.full(HORIZON, DAYS - 1), DAYS - 1 + np.arange(1, HORIZON + 1))
    np.testing.assert_array_equal(
        Forecaster(known, learned).forecasts(triples), Forecaster(known, again).forecasts(triples)
    )
    assert fit(known, known.days.first + MIN_ROWS // 100) is None


def test_fits_are_due_once_a_week_and_all_of_them_after_a_pause() -> None:
    assert graph.due_ends(None, 1000) == [916, 944, 972, 1000]
    assert graph.due_ends(1000, 1006) == []
    assert graph.due_ends(1000, 1007) == [1007]
    assert graph.due_ends(1000, 1060) == [1004, 1032, 1060]


def test_what_was_made_stays_and_nothing_is_made_twice(chain: pa.Table) -> None:
    """A build with nothing new reads no days; one more day makes fourteen forecasts a store, and changes none made before."""
    connection = duckdb.connect()
    connection.register("days", chain)
    until = FIRST + timedelta(DAYS - 2)

    def relations(last: date) -> tuple[duckdb.DuckDBPyRelation, duckdb.DuckDBPyRelation]:
        of_stores = (
            "select *, is_known and visit_date <= {0} as is_complete from days where store_id in ('s0', 's1', 'zeros')"
        )
        store_days = connection.sql(of_stores.format(f"date '{last}'"))
        visit_days = connection.sql(
            f"select * replace (is_known and visit_date <= date '{last}' as is_known, is_ordinary and visit_date <= date '{last}' as is_ordinary, "
            f"case when visit_date <= date '{last}' then visits end as visits) from days where store_id in ('s0', 's1', 'zeros') and visit_date <= date '{last}' + 14"
        )
        return store_days, visit_days

    unread = connection.sql("select error('read') as store_id")
    first, days = relations(until)
    fits = graph.make_fits(first, days, graph.FITS.empty_table())
    assert [each.as_py() for each in fits["fitted_until"]] == [until - timedelta(back) for back in (84, 56, 28, 0)]
    stored = connection.from_arrow(fits)
    made = graph.make_forecasts(first, days, stored, graph.FORECASTS.empty_table())
    assert graph.make_fits(first, unread, fits).equals(fits)
    assert graph.make_forecasts(first, unread, stored, made) is made

    following, days = relations(until + timedelta(1))
    more = graph.make_forecasts(following, days, connection.from_arrow(graph.make_fits(following, unread, fits)), made)
    new = more.filter(pa.array([each.as_py() > until for each in more["issued_on"]]))
    assert new.num_rows == 3 * HORIZON and not any(new["is_backtest"].to_pylist())
    kept = more.filter(pa.array([each.as_py() <= until for each in more["issued_on"]]))
    assert kept.equals(
        made.filter(pa.array([each.as_py() >= until + timedelta(1) - timedelta(84) for each in made["issued_on"]]))
    )
    late = [
        (fitted, issued)
        for fitted, issued in zip(more["fitted_until"].to_pylist(), more["issued_on"].to_pylist(), strict=True)
        if fitted
    ]
    assert late and all(fitted <= issued for fitted, issued in late)
