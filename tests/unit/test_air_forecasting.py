"""The forecasts' parts, against theory, brute force and what may be known when."""

from __future__ import annotations

import dataclasses

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from forecasting import forecasts, graph
from forecasting.features import all_origins
from forecasting.fits import GROWTH, RIDGE_PENALTIES, VERSION, Fit, _best_ridge, fit
from forecasting.forecasts import CONSTANT, NOT_FITTED, OLD, SHORT, STUCK, Forecasts, due, make
from forecasting.models import Forest, LinearMedian, binned
from forecasting.newest_hour import Partial, as_first_reported, by_share, estimate_partial, share_under_way
from forecasting.refits import Model, due_fits, kept_fits
from forecasting.series import (
    PARAMETERS,
    Series,
    all_series,
    hour_numbers,
    lagged,
    last_known,
    moments,
    repeats,
    trailing_mean,
)

Array = NDArray[np.float64]
DAYS = 130
WHOLE = dict.fromkeys(PARAMETERS, Partial(0.0, 0.0))
NAN = float("nan")


def street(days: int = DAYS, seed: int = 0, station_id: str = "1", level: float = 20.0) -> Series:
    """A street with a daily rhythm and weather that wanders, a twentieth of it missing."""
    draw = np.random.default_rng(seed)
    hours = np.arange(24 * days)
    weather = np.convolve(draw.standard_normal(len(hours) + 200), 0.92 ** np.arange(200))[200 : 200 + len(hours)]
    rhythm = np.cos(2 * np.pi * (hours - 8) / 24) + 0.6 * np.cos(4 * np.pi * (hours - 7) / 24)
    values = level * np.exp(0.35 * rhythm + 0.12 * weather + 0.05 * draw.standard_normal(len(hours)))
    values[draw.random(len(hours)) < 0.05] = np.nan
    others = {name: values * (1 + 0.1 * draw.standard_normal(len(hours))) for name in PARAMETERS}
    return Series(station_id, 480_000, others | {"pm2_5": values}, unseen(len(hours)), ~np.isnan(values))


def unseen(count: int) -> dict[str, Array]:
    return {name: np.full(count, np.nan) for name in PARAMETERS}


def cut(series: Series, end: int) -> Series:
    """The series as it was when its hour at place `end` - 1 was the newest."""
    return Series(
        series.station_id,
        series.first_hour,
        {name: values[:end] for name, values in series.values.items()},
        {name: values[:end] for name, values in series.first_seen.items()},
        series.is_reported[:end],
    )


def with_values(series: Series, values: Array) -> Series:
    return dataclasses.replace(series, values=series.values | {"pm2_5": values})


@pytest.fixture(scope="module")
def series() -> Series:
    return street()


@pytest.fixture(scope="module")
def learned(series: Series) -> Fit:
    found = fit(all_origins([series], "pm2_5", 1, WHOLE), "pm2_5", 1, series.first_hour + 24 * 60)
    assert found is not None
    return found


# What may be known when.


def test_features_of_an_origin_do_not_change_with_what_comes_after(series: Series) -> None:
    for horizon in (1, 2):
        (whole,) = all_origins([series], "pm2_5", horizon, WHOLE)
        for end in (24 * 40 + 5, 24 * 90 + 17):
            (early,) = all_origins([cut(series, end)], "pm2_5", horizon, WHOLE)
            np.testing.assert_array_equal(whole.features[:end], early.features)
            np.testing.assert_array_equal(whole.base[:end], early.base)


def test_the_other_stations_lend_no_future_either() -> None:
    stations = [street(seed=1, station_id="1"), street(seed=2, station_id="2")]
    end = 24 * 60
    whole = all_origins(stations, "pm2_5", 1, WHOLE)[0]
    early = all_origins([cut(one, end) for one in stations], "pm2_5", 1, WHOLE)[0]

    np.testing.assert_array_equal(whole.features[:end], early.features)


def test_a_fit_knows_nothing_after_its_end(series: Series) -> None:
    end = 24 * 70
    values = series.values["pm2_5"].copy()
    values[end + 1 :] = 999.0
    until = series.first_hour + end

    real = fit(all_origins([series], "pm2_5", 2, WHOLE), "pm2_5", 2, until)
    changed = fit(all_origins([with_values(series, values)], "pm2_5", 2, WHOLE), "pm2_5", 2, until)

    assert real is not None and changed is not None
    assert real.content() == changed.content()


def test_a_forecast_is_the_same_whether_it_is_made_in_its_hour_or_long_after(series: Series, learned: Fit) -> None:
    (origins,) = all_origins([series], "pm2_5", 1, WHOLE)
    since = series.first_hour + 24 * 60
    at_once = make(origins, due(origins, np.empty(0, np.int64), since), [learned], Forecasts.none(), truth(series, 1))

    kept = Forecasts.none()
    for end in range(24 * 60 + 2, len(series.hours) + 1, 150):
        (early,) = all_origins([cut(series, end)], "pm2_5", 1, WHOLE)
        places = due(early, kept.hours, since)
        kept = make(early, places, [learned], kept, truth(cut(series, end), 1)).after(kept)

    same = np.isin(at_once.hours, kept.hours)
    assert same.sum() == len(kept.hours) > 1500
    for name in ("value", "lower", "upper"):
        np.testing.assert_allclose(getattr(kept, name), getattr(at_once, name)[same], rtol=1e-9)


def test_an_origin_takes_the_newest_fit_that_ends_no_later(series: Series, learned: Fit) -> None:
    later = dataclasses.replace(learned, fitted_until=learned.fitted_until + 24 * 30)
    (origins,) = all_origins([series], "pm2_5", 1, WHOLE)
    made = make(origins, np.flatnonzero(origins.is_reported), [later, learned], Forecasts.none(), truth(series, 1))

    expected = np.select(
        [made.hours >= later.fitted_until, made.hours >= learned.fitted_until],
        [later.fitted_until, learned.fitted_until],
        -1,
    )
    np.testing.assert_array_equal(made.fitted_until, np.where(made.reason == "", expected, -1))
    assert set(made.reason[made.hours < learned.fitted_until].tolist()) <= {NOT_FITTED, SHORT}


def truth(series: Series, horizon: int) -> Array:
    return lagged(series.values["pm2_5"], -horizon)


# Which models are fitted when.


class Builds:
    """The fits of one warehouse, build after build, each named by the hours that the newest one ended with."""

    def __init__(self, never: frozenset[Model] = frozenset()) -> None:
        self.never = never  # models for which there is too little to learn from
        self.ends: dict[Model, set[int]] = {}

    def build(self, newest: int) -> dict[Model, list[int]]:
        """The ends of the fits made."""
        made: dict[Model, list[int]] = {}
        ends = {model: sorted(found) for model, found in self.ends.items()}
        for pollutant, horizon, end in due_fits(ends, graph.MODELS, newest):
            model = (pollutant, horizon)
            if model not in self.never:
                made.setdefault(model, []).append(end)
                self.ends.setdefault(model, set()).add(end)
        self.ends = {model: kept_fits(found, newest) for model, found in self.ends.items()}
        return made

    def used(self, model: Model, hour: int) -> int | None:
        """The end of the fit that forecasts from an hour."""
        return max((end for end in self.ends[model] if end <= hour), default=None)


GAPS = st.one_of(st.just(1), st.integers(1, 30), st.integers(1, 24 * 100), st.integers(1, 24 * 1200))


@settings(deadline=None)
@given(gaps=st.lists(GAPS, min_size=1, max_size=40))
def test_whatever_the_pauses_each_hour_is_forecast_by_a_fit_as_new_as_a_new_warehouses(gaps: list[int]) -> None:
    builds, newest = Builds(), 480_000
    builds.build(newest)
    for gap in gaps:
        last, newest = newest, newest + gap
        builds.build(newest)
        new = Builds()
        new.build(newest)
        for model in graph.MODELS:
            first = max(last, newest - 24 * 75) + 1
            # Which fit an hour takes changes at the fits' ends only.
            ends = builds.ends[model] | new.ends[model]
            for hour in sorted({first, newest} | {end for end in ends if end > first}):
                used, expected = builds.used(model, hour), new.used(model, hour)
                assert used is not None and expected is not None
                assert used >= expected or used > newest - 24 * 14
        if gap > 24 * 75:
            assert builds.ends == new.ends


@pytest.mark.parametrize("every", [1, 24])
def test_hourly_and_daily_builds_make_one_fit_at_most_also_after_a_pause(every: int) -> None:
    builds = Builds()
    for begin in (480_000, 480_000 + 24 * 400):
        assert sum(map(len, builds.build(begin).values())) == 4 * 3
        for newest in range(begin + every, begin + 24 * 120, every):
            assert sum(map(len, builds.build(newest).values())) <= 1
            ages = [newest - max(ends) for ends in builds.ends.values()]
            assert max(ages) <= 24 * 7 + 4 * every


def test_a_model_that_cannot_be_fitted_keeps_no_other_from_it() -> None:
    builds = Builds(never=frozenset({("pm2_5", 1)}))
    for newest in range(480_000, 480_000 + 24 * 60):
        builds.build(newest)

    assert set(builds.ends) == set(graph.MODELS) - {("pm2_5", 1)}
    assert all(newest - max(ends) <= 24 * 8 for ends in builds.ends.values())


def test_fits_of_an_earlier_version_and_those_from_a_clock_that_ran_ahead_are_made_anew(series: Series) -> None:
    part = cut(series, 24 * 40)
    ahead = part.newest_hour + 24 * 400
    earlier = pa.table({
        "pollutant": ["pm2_5", "pm2_5"], "horizon_hours": pa.array([1, 2], pa.int32()), "fitted_until": moments([part.newest_hour - 24, ahead]),
        "version": pa.array([VERSION - 1, VERSION], pa.int32()), "content": pa.array([b"of another time"] * 2, pa.binary()),
    }, schema=graph.FITS)  # fmt: skip
    columns: dict[str, pa.Array] = {"station_id": pa.array(["1"] * len(part.hours)), "measured_at": moments(part.hours)}
    columns |= {name: pa.array(part.values[name], from_pandas=True) for name in PARAMETERS}
    hours = pa.table(columns | {"_dlt_load_id": pa.array(["1700000000.0"] * len(part.hours))})
    with duckdb.connect() as connection:
        seen = connection.sql(
            "select '1' as station_id, timestamp '2024-01-01' as measured_at, '' as parameter, 1.0 as old_value, true as is_completion limit 0"
        )
        made = graph.make_fits(connection.from_arrow(hours), seen, earlier)

    assert sorted(zip(made["pollutant"].to_pylist(), made["horizon_hours"].to_pylist(), strict=True)) == sorted(
        graph.MODELS
    )
    assert set(made["version"].to_pylist()) == {VERSION}
    assert set(hour_numbers(made["fitted_until"]).tolist()) == {part.newest_hour - 24 * 5}
    assert len(graph._usable(made)) == 4


# How good they are.


def test_forecasts_beat_persistence_and_their_intervals_cover_nine_tenths() -> None:
    stations = [street(days=240, seed=seed, station_id=str(seed), level=10.0 * seed) for seed in (1, 2, 3)]
    until = stations[0].first_hour + 24 * 120
    for horizon, least in ((1, 15.0), (2, 25.0)):
        found = all_origins(stations, "pm2_5", horizon, WHOLE)
        learned = fit(found, "pm2_5", horizon, until)
        assert learned is not None
        for series, origins in zip(stations, found, strict=True):
            actual = truth(series, horizon)
            made = make(origins, due(origins, np.empty(0, np.int64), until), [learned], Forecasts.none(), actual)
            measured = actual[made.hours - series.first_hour]
            scored = ~np.isnan(measured) & (made.hours > until + 24 * 30)
            error = np.abs(made.value - measured)[scored].mean()
            persistence = np.abs(made.base - measured)[scored].mean()
            covered = ((measured >= made.lower) & (measured <= made.upper))[scored].mean()
            assert 100 * (1 - error / persistence) >= least
            assert 0.87 <= covered <= 0.93


def test_the_interval_widens_when_the_world_becomes_wilder() -> None:
    series = street(days=200)
    values = series.values["pm2_5"].copy()
    wild = slice(24 * 150, None)
    draw = np.random.default_rng(5)
    values[wild] *= np.exp(0.35 * draw.standard_normal(len(values[wild])))
    (origins,) = all_origins([with_values(series, values)], "pm2_5", 1, WHOLE)
    learned = fit([origins], "pm2_5", 1, series.first_hour + 24 * 100)
    assert learned is not None

    actual = lagged(values, -1)
    made = make(origins, due(origins, np.empty(0, np.int64), learned.fitted_until), [learned], Forecasts.none(), actual)

    measured = actual[made.hours - series.first_hour]
    after = ~np.isnan(measured) & (made.hours > series.first_hour + 24 * 160)
    assert 0.86 <= ((measured >= made.lower) & (measured <= made.upper))[after].mean() <= 0.94


# Series of which nothing better can be said.


def made_at_the_end(values: Array, learned: Fit, is_reported: NDArray[np.bool_] | None = None) -> Forecasts:
    reported = np.ones(len(values), np.bool_) if is_reported is None else is_reported
    nothing = {name: np.full(len(values), np.nan) for name in PARAMETERS}
    one = Series("1", 480_000, nothing | {"pm2_5": values}, unseen(len(values)), reported)
    (origins,) = all_origins([one], "pm2_5", 1, WHOLE)
    return make(origins, np.array([len(values) - 1]), [learned], Forecasts.none(), lagged(values, -1))


def test_a_constant_series_is_said_so(learned: Fit) -> None:
    made = made_at_the_end(np.full(24 * 100, 7.5), learned)

    assert (made.reason[0], made.value[0], made.lower[0], made.upper[0]) == (CONSTANT, 7.5, 7.5, 7.5)


def test_a_short_series_is_said_so(learned: Fit, series: Series) -> None:
    values = series.values["pm2_5"].copy()
    values[: 24 * (DAYS - 2)] = np.nan
    values[-1] = 21.0

    made = made_at_the_end(values, learned)

    assert (made.reason[0], made.value[0]) == (SHORT, 21.0)
    assert made.lower[0] < 21.0 < made.upper[0]


def test_an_instrument_that_repeats_itself_is_said_so(learned: Fit, series: Series) -> None:
    values = series.values["pm2_5"].copy()
    values[-8:] = 14.0

    made = made_at_the_end(values, learned)

    assert (made.reason[0], made.value[0]) == (STUCK, 14.0)


def test_an_old_value_is_said_so(learned: Fit, series: Series) -> None:
    values = series.values["pm2_5"].copy()
    values[-9:] = np.nan
    values[-10] = 33.0

    made = made_at_the_end(values, learned)

    assert (made.reason[0], made.value[0]) == (OLD, 33.0)


def test_without_a_fit_there_is_the_baseline(series: Series) -> None:
    (origins,) = all_origins([series], "pm2_5", 1, WHOLE)
    made = make(origins, np.array([len(series.hours) - 1]), [], Forecasts.none(), truth(series, 1))

    assert (made.reason[0], made.value[0]) == (NOT_FITTED, origins.base[-1])


def test_too_little_to_learn_from_gives_no_fit() -> None:
    short = street(days=15)

    assert fit(all_origins([short], "pm2_5", 1, WHOLE), "pm2_5", 1, short.newest_hour) is None


def test_months_of_gaps_constants_and_negative_values_give_a_forecast_for_every_hour_reported(learned: Fit) -> None:
    series = street(days=200)
    values = series.values["pm2_5"] - 15.0  # below zero half of the time
    values[24 * 60 : 24 * 120] = np.nan
    values[24 * 150 : 24 * 153] = -3.0
    is_reported = series.is_reported.copy()
    is_reported[24 * 60 : 24 * 120] = False
    one = dataclasses.replace(with_values(series, values), is_reported=is_reported)
    (origins,) = all_origins([one], "pm2_5", 1, WHOLE)

    places = due(origins, np.empty(0, np.int64), one.first_hour + 24 * 3)
    made = make(origins, places, [dataclasses.replace(learned, fitted_until=0)], Forecasts.none(), lagged(values, -1))

    assert len(made.hours) == is_reported[24 * 3 + 1 :].sum()
    for name in ("value", "lower", "upper"):
        assert np.isfinite(getattr(made, name)).all()
    assert (made.lower <= made.value).all() and (made.value <= made.upper).all()


# The newest hour.


def test_a_share_of_an_hour_differs_from_the_whole_as_brownian_motion_does() -> None:
    draw = np.random.default_rng(3)
    steps = draw.standard_normal((20_000, 200)) / 10  # two hours, a hundred steps each
    paths = np.cumsum(steps, axis=1)
    before, whole = paths[:, :100].mean(axis=1), paths[:, 100:].mean(axis=1)
    for share in (0.2, 0.5, 0.8):
        partial = paths[:, 100 : 100 + int(100 * share)].mean(axis=1)
        gap, step = whole - partial, whole - before
        pull = (gap * step).mean() / (step**2).mean()
        noise = (gap - pull * step).std() / step.std()
        assert by_share(share).pull == pytest.approx(pull, abs=0.02)
        assert by_share(share).noise == pytest.approx(noise, abs=0.02)
    assert by_share(1.0).pull == pytest.approx(0.0)
    assert by_share(1.0).noise == pytest.approx(0.0)


def test_how_partial_newest_hours_are_is_learnt_from_those_that_were_seen(series: Series) -> None:
    values = series.values["pm2_5"]
    before = lagged(values, 1)
    draw = np.random.default_rng(4)
    spread = np.sqrt(trailing_mean((before - lagged(values, 2)) ** 2, 168, 12))
    seen = values - 0.3 * (values - before) + 0.2 * spread * draw.standard_normal(len(values))
    known = dataclasses.replace(series, first_seen=unseen(len(values)) | {"pm2_5": seen})

    found = estimate_partial([known], "pm2_5")

    assert found is not None
    assert found.pull == pytest.approx(0.3, abs=0.03)
    assert found.noise == pytest.approx(0.2, abs=0.03)
    assert estimate_partial([series], "pm2_5") is None


def test_an_hour_looks_as_it_was_seen_or_else_as_others_were(series: Series) -> None:
    seen = unseen(len(series.hours))
    seen["pm2_5"][500] = 3.25
    first_reported = as_first_reported(dataclasses.replace(series, first_seen=seen), "pm2_5", Partial(0.25, 0.1))

    values = series.values["pm2_5"]
    assert first_reported[500] == 3.25
    assert first_reported[-1] == values[-1] or np.isnan(values[-1])
    others = ~np.isnan(values) & (np.arange(len(values)) != 500) & (np.arange(len(values)) != len(values) - 1)
    assert (first_reported[others][50:] != values[others][50:]).all()
    np.testing.assert_array_equal(np.isnan(first_reported), np.isnan(values))


@pytest.mark.parametrize(
    ("elapsed", "share"),
    [([0.75, 0.75], 0.5), ([1.5, 0.3], 0.65), ([0.1], 0.1), ([700.0, 800.0], 1.0), ([-3.0], 0.5), ([], 0.5)],
)
def test_the_share_of_the_newest_hour_is_told_by_the_clock(elapsed: list[float], share: float) -> None:
    assert share_under_way([1000.0 + each for each in elapsed], [1000] * len(elapsed)) == pytest.approx(share)


# Models.


def test_the_trees_find_what_a_line_cannot_with_values_and_a_whole_column_missing() -> None:
    draw = np.random.default_rng(1)

    def rows(count: int) -> tuple[Array, Array]:
        features = draw.standard_normal((count, 6))
        sign = np.where(features[:, 1] > 0, 2.0, -1.0)
        middle = features[:, 0] * sign  # of the target; its noise is skewed: median 0, mean 0.65
        features[:, 3][draw.random(count) < 0.1] = NAN
        features[:, 4] = NAN
        return features, middle

    features, middle = rows(8000)
    target = middle + np.exp(draw.standard_normal(8000)) - 1.0
    forest = Forest.fit(binned(features), target, 110, 3, GROWTH)

    fresh, expected = rows(2000)
    off = forest.predict(fresh) - expected
    assert np.abs(off).mean() < 0.35 * np.abs(expected).mean()
    assert abs(np.median(off)) < 0.15
    assert forest.predict(np.empty((0, 6))).shape == (0,)


def test_a_fit_is_the_same_after_it_was_stored(series: Series, learned: Fit) -> None:
    (origins,) = all_origins([series], "pm2_5", 1, WHOLE)
    again = Fit.from_content("pm2_5", 1, learned.fitted_until, learned.content())

    np.testing.assert_array_equal(again.steps(origins.features[-50:]), learned.steps(origins.features[-50:]))
    np.testing.assert_array_equal(again.sizes(origins.features[-50:]), learned.sizes(origins.features[-50:]))
    assert again.usual == learned.usual


def test_the_linear_model_is_of_the_median_and_not_of_the_mean() -> None:
    draw = np.random.default_rng(2)
    hour, weekday = draw.integers(0, 24, 6000), draw.integers(0, 7, 6000)
    features = np.column_stack([draw.standard_normal(6000), hour, weekday])
    skewed = np.exp(1.2 * draw.standard_normal(6000))  # median 1, mean 2.05
    model = LinearMedian.fit(features, 3 * features[:, 0] + skewed, (1, 2, 0), ridge=0.002)

    fresh = np.column_stack([np.linspace(-1, 1, 48), np.tile(np.arange(24), 2), np.repeat([1, 6], 24)])
    left = model.predict(fresh) - 3 * fresh[:, 0]
    assert np.abs(left.mean() - 1.0) < 0.25


def test_the_penalty_is_large_where_there_is_only_noise_to_learn_and_small_where_there_is_a_line() -> None:
    draw = np.random.default_rng(6)
    features = draw.standard_normal((3000, 60))
    features[:, 0], features[:, 1] = draw.integers(0, 24, 3000), draw.integers(0, 7, 3000)
    hours = np.arange(3000)
    line = features[:, 2] - 2 * features[:, 3] + 0.01 * draw.standard_normal(3000)

    assert _best_ridge(features, draw.standard_normal(3000), hours, (0, 1, 2)) == max(RIDGE_PENALTIES)
    assert _best_ridge(features, line, hours, (0, 1, 2)) == min(RIDGE_PENALTIES)


def test_every_member_beats_the_last_value_also_where_zero_drifts_below_itself(series: Series) -> None:
    values = 0.1 * series.values["pm2_5"] - 2.0  # negative half of the time, as carbon monoxide is
    drifted = with_values(series, values)
    (origins,) = all_origins([drifted], "pm2_5", 2, WHOLE)
    until = series.first_hour + 24 * 90
    learned = fit([origins], "pm2_5", 2, until)
    assert learned is not None

    later = (origins.hours > until) & np.isfinite(origins.step)
    errors = np.abs(learned.steps(origins.features[later]) - origins.step[later][:, None]).mean(axis=0)
    assert (values < 0).mean() > 0.3
    assert (errors < 0.85 * np.abs(origins.step[later]).mean()).all()


# Grids.


def test_hours_become_a_grid_with_gaps() -> None:
    numbers = [480_000, 480_002, 480_003]
    columns: dict[str, pa.Array] = {"station_id": pa.array(["7"] * 3), "measured_at": moments(numbers)}
    columns |= {name: pa.array([1.0, None, 3.0], pa.float64()) for name in PARAMETERS}
    seen = pa.table({
        "station_id": pa.array(["7"]), "measured_at": moments([480_003]), "parameter": pa.array(["co"]), "old_value": pa.array([2.5]),
    })  # fmt: skip

    (one,) = all_series(pa.table(columns), seen)

    assert (one.station_id, one.first_hour, one.newest_hour) == ("7", 480_000, 480_003)
    np.testing.assert_array_equal(one.is_reported, [True, False, True, True])
    np.testing.assert_array_equal(one.values["co"], [1.0, NAN, NAN, 3.0])
    np.testing.assert_array_equal(one.first_seen["co"], [NAN, NAN, NAN, 2.5])
    np.testing.assert_array_equal(one.first_seen["o3"], [NAN] * 4)
    assert hour_numbers(pa.chunked_array([moments(numbers)])).tolist() == numbers


def test_series_helpers_on_a_series_by_hand() -> None:
    values = np.array([NAN, 2.0, NAN, 4.0, 4.0, NAN, 4.0, 5.0])

    np.testing.assert_array_equal(lagged(values, 2), [NAN, NAN, NAN, 2.0, NAN, 4.0, 4.0, NAN])
    np.testing.assert_array_equal(lagged(values, -7), [5.0] + [NAN] * 7)
    np.testing.assert_array_equal(lagged(values, 9), [NAN] * 8)
    np.testing.assert_allclose(trailing_mean(values, 3, 2), [NAN, NAN, NAN, 3.0, 4.0, 4.0, 4.0, 4.5])
    known, age = last_known(values)
    np.testing.assert_array_equal(known, [NAN, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 5.0])
    np.testing.assert_array_equal(age, [np.inf, 0, 1, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(repeats(values), [0, 0, 0, 0, 1, 1, 3, 0])


def test_nothing_at_all_gives_nothing() -> None:
    empty = graph.FORECASTS.empty_table()

    assert graph._by_series(empty, 0) == {}
    assert len(forecasts.Forecasts.none().after(forecasts.Forecasts.none()).hours) == 0
