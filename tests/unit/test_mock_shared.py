"""What every simulated provider shares: times, random numbers, cursors, settings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mock_api.paging import decode_cursor, encode_cursor
from mock_api.randomness import normals, uniforms
from mock_api.settings import Settings, World
from mock_api.times import EPOCH, HOUR, count, count_up, parse_time, rfc_3339

POSITIONS = st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T05:06:07Z", datetime(2026, 11, 22, 5, 6, 7, tzinfo=UTC)),
        ("2026-11-22t05:06:07.25z", datetime(2026, 11, 22, 5, 6, 7, 250000, tzinfo=UTC)),
        ("2026-11-22T05:06:07+02:00", datetime(2026, 11, 22, 3, 6, 7, tzinfo=UTC)),
    ],
)
def test_times_are_read(text: str, meant: datetime) -> None:
    assert parse_time(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "0",
        "1700000000",
        "20261122",
        "2026-02-30",
        "2026-11-22\x00",
        "2026-11-22T05:06:07",
        "2026-11-22T25:00:00Z",
        "2026-11-22T05:06:07+99:00",
        "٢٠٢٦-11-22",
    ],
)
def test_other_texts_are_not_times(text: str) -> None:
    with pytest.raises(ValueError, match="2026-11-22T05:00:00Z"):
        parse_time(text)


@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m)))))
def test_counting_hours_holds_for_every_time(time: datetime) -> None:
    seconds = (time - EPOCH).total_seconds()
    assert count(time, HOUR) * HOUR <= seconds
    assert seconds <= count_up(time, HOUR) * HOUR
    assert count_up(time, HOUR) - count(time, HOUR) in (0, 1)


def test_times_are_written_to_the_second() -> None:
    assert rfc_3339(datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC)) == "2026-01-02T03:04:05Z"


def test_random_numbers_are_found_by_address() -> None:
    long = uniforms(7, "stream", 3, 1000)
    assert (uniforms(7, "stream", 3, 10) == long[:10]).all()
    for other in (
        uniforms(8, "stream", 3, 1000),
        uniforms(7, "other", 3, 1000),
        uniforms(7, "stream", 4, 1000),
    ):
        assert not np.isin(other, long).any()
    assert 0 < long.min() < long.max() < 1


def test_random_numbers_are_uniform_and_normal() -> None:
    n = 100_000
    uniform = uniforms(42, "test", 0, n)
    assert abs(uniform.mean() - 1 / 2) < 4 / np.sqrt(12 * n)
    normal = normals(uniform)
    assert len(normal) == n
    assert abs(normal.mean()) < 4 / np.sqrt(n)
    assert abs(normal.var() - 1) < 4 * np.sqrt(2 / n)
    beyond = 0.0455  # P(|z| > 2)
    assert abs((np.abs(normal) > 2).mean() - beyond) < 4 * np.sqrt(beyond / n)


@given(POSITIONS)
def test_a_cursor_holds_its_position(position: tuple[int, int]) -> None:
    assert decode_cursor(encode_cursor(position, ("a", 1)), ("a", 1)) == position


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="start again"):
        decode_cursor(text, ("a", 1))


@given(POSITIONS)
def test_a_cursor_belongs_to_its_parameters(position: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="start again"):
        decode_cursor(encode_cursor(position, ("a", 1)), ("a", 2))


def test_history_is_thirteen_months_unless_said() -> None:
    now = datetime(2026, 11, 22, 5, tzinfo=UTC)
    assert Settings().history_start(now) == Settings().orders_start(now) == datetime(2025, 10, 22, tzinfo=UTC)
    seeds = Settings(world=World.SEEDS)
    assert seeds.history_start(now) == datetime(2026, 7, 25, tzinfo=UTC)  # 120 days
    assert seeds.orders_start(now) == datetime(2026, 11, 8, tzinfo=UTC)
    settings = Settings(history=date(2014, 1, 1))
    assert settings.history_start(now) == datetime(2014, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [{"seed": -1}, {"chaos": 1.1}, {"api_key": ""}, {"now": datetime(1999, 1, 1, tzinfo=UTC)}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
