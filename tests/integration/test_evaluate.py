"""What `make evaluate` measures: its figures on rows worked out by hand, and on a table of counts through the real models."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from benchmarks.evaluate import FLAGS, IMPUTED, STORE_DAYS, hidden_hours
from tests import flow

HOUR = timedelta(hours=1)
FIRST = datetime(2026, 3, 2, tzinfo=UTC)


def test_the_figures_are_those_of_rows_worked_out_by_hand() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create table compared as select *, date '2026-01-01' as visit_date from (values
                -- store, sensor, observed, flagged, imputed, visits, expected, estimated, truth, anomaly, last week
                ('four', 'a', true, true, false, 10, 100, 10, 100, true, 90),
                ('four', 'b', true, true, false, 20, 100, 20, 20, false, 90),
                ('four', 'c', true, false, false, 90, 100, 90, 90, false, 90),
                ('four', 'd', true, false, false, 10, 100, 10, 90, true, 90),
                ('four', 'e', false, false, true, null, 110, 110, 100, false, 60),
                ('one', 'f', false, false, true, null, 70, 70, 100, true, null),
                ('one', 'f', false, false, false, null, null, null, 100, false, 90),
                ('two', 'g', true, false, false, 50, 50, 50, 50, false, 90)
            ) as t (store_id, sensor_id, is_observed, is_anomaly, is_imputed, visits, visits_expected, visits_estimated, true_count,
                is_truly_anomaly, last_week)
        """)
        assert connection.execute(FLAGS).fetchone() == (5, 2, 2, 1)
        (found,) = connection.execute(IMPUTED).fetchall()
        hours, imputed, all_error, compared, error, last_week_error = found
        assert (hours, imputed, compared) == (3, 2, 1)
        assert (all_error, error, last_week_error) == pytest.approx((20, 10, 40))
        days = connection.execute(STORE_DAYS).fetchall()
    # Of `one` nobody can know the total. Of `four`, 400 truly came in, 240 by estimate and 130 were counted.
    assert [(stores, gaps, count) for stores, gaps, count, *_ in days] == [
        ("fewer than four doors", "nothing missing", 1),
        ("four doors and more", "up to a fifth missing", 1),
    ]
    assert days[1][3:] == pytest.approx((100 * 160 / 400, 100 * 270 / 400))


def test_so_much_is_hidden_and_the_same_again() -> None:
    rows = [(f"s{door}", FIRST + hour * HOUR) for door in range(10) for hour in range(5000)]
    hidden = hidden_hours(rows, 0.1, seed=1)
    assert 0.09 < len(hidden) / len(rows) < 0.11
    assert hidden == hidden_hours(rows, 0.1, seed=1) != hidden_hours(rows, 0.1, seed=2)
    together = sum((door, hour + n * HOUR) in set(hidden) for door, hour in hidden[:500] for n in (1, 2))
    assert together > 300  # outages, not only hours by themselves


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return flow.run(sys.executable, "-m", "benchmarks.evaluate", *arguments)


def test_real_counts_with_hours_hidden_are_estimated_by_the_models(tmp_path: Path) -> None:
    """Doors that rise and fall together: what is hidden can be told from the others exactly, and not from last week."""
    counts = tmp_path / "counts.csv"
    with counts.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sensor_id", "store_id", "hour_start", "visits"])
        for number in range(36 * 24):
            hour = FIRST + number * HOUR
            bustle = 1 + hour.isocalendar().week % 2  # every other week twice as many come
            for door in (1, 2, 3, 4, 5):
                writer.writerow([f"door-{door}", "shop", hour.isoformat(), 1000 * door * bustle])
    out = tmp_path / "RESULTS.md"
    flow.parse_once()
    done = evaluate("--counts", str(counts), "--hide", "0.05", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert out.read_text("utf-8").count("## The estimates against real counts: counts.csv") == 1
    found = re.search(r"\| ([\d.]+) % against ([\d.]+) %: (\d+) % lower \| ≥ 30 % lower \| pass \|", done.stdout)
    assert found, done.stdout
    # Expectations are rounded to thousandths and the doors' histories miss different weeks; last week is off by half or all of it.
    assert float(found[1]) < 12
    assert 50 <= float(found[2]) <= 100
    assert "up to a fifth missing" in done.stdout


def test_a_table_that_cannot_be_compared_is_refused_in_a_line(tmp_path: Path) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text("door,visits\n1,2\n")
    done = evaluate("--counts", str(counts))
    assert done.returncode == 1
    assert (
        done.stderr
        == "evaluate: counts.csv has no hour_start, sensor_id: it needs sensor_id, hour_start (UTC) and visits\n"
    )
    counts.write_text("sensor_id,hour_start,visits\n1,2026-01-01T00:00:00Z,2\n")
    assert "less than 29 days" in evaluate("--counts", str(counts)).stderr
