"""The table of measurements: what a run writes, and what it leaves as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from benchmarks.__main__ import NAMES, write
from benchmarks.air_forecasts import read_hours, windows
from benchmarks.common import Base, Report, measured_in, run
from benchmarks.copies import FIRST, SECOND, publish_mart, wrong_rows
from benchmarks.copy_ways import MART, open_engine, ours
from benchmarks.versions import page
from forecasting.series import PARAMETERS, Series


def test_a_section_says_which_marks_are_met_and_which_are_missed() -> None:
    report = Report("Speed", "python -m benchmarks speed")
    report.add("quick", "1 s", "≤ 2 s", True)
    report.add("slow", "3 s", "≤ 2 s", False)
    report.add("neither", "4 s")
    lines = report.markdown("A machine.").splitlines()
    assert "| quick | 1 s | ≤ 2 s | pass |" in lines
    assert "| slow | 3 s | ≤ 2 s | **miss** |" in lines
    assert "| neither | 4 s |  |  |" in lines
    assert lines[-1] == "A machine. Repeat: `python -m benchmarks speed`"


def test_an_earlier_version_stands_beside_this_one_with_the_ratio() -> None:
    before, now = Report("Speed", "python -m benchmarks speed"), Report("Speed", "python -m benchmarks speed")
    before.add("a cycle", "1,000.0 s of models, peak 9 MB")
    before.add("of it on a processor", "800 s")
    before.add("rows", "40 rows/s")
    before.add("of it on a processor", "9 s")
    now.add("a cycle", "650.0 s of models, peak 7 MB", "≤ 0.65", True)
    now.add("of it on a processor", "400 s")
    now.add("rows", "60 MB")
    now.add("new", "3 s")
    base = Base("0f5b418", measured_in(before.markdown("A machine.")))
    lines = now.markdown("A machine.", base).splitlines()
    assert lines[2:8] == [
        "| what | measured | before (0f5b418) | times | mark |  |",
        "| --- | --- | --- | --- | --- | --- |",
        "| a cycle | 650.0 s of models, peak 7 MB | 1,000.0 s of models, peak 9 MB | 0.65 | ≤ 0.65 | pass |",
        "| of it on a processor | 400 s | 800 s | 0.50 |  |  |",
        "| rows | 60 MB | 40 rows/s |  |  |  |",
        "| new | 3 s |  |  |  |  |",
    ]
    assert lines[-1] == "A machine. Repeat: `python -m benchmarks speed --base 0f5b418`"


def test_the_page_of_versions_draws_each_figure_that_was_measured_again() -> None:
    def version(day: str, cycle: str, **more: str) -> str:
        report = Report("Speed", "python -m benchmarks speed")
        report.add("a cycle", cycle)
        for what, measured in more.items():
            report.add(what, measured)
        return f"<!-- speed -->\n{report.markdown(f'{day} 10:00 UTC, a machine.')}"

    first, again = version("2026-11-20", "10.0 s", rows="40 rows/s"), version("2026-11-21", "5.0 s", rows="60 MB")
    newest = version("2026-11-22", "2.5 s of models", rows="30 MB")
    lines = page([first, first, again, newest]).splitlines()
    # a version that left the section as it was adds no bar; a figure in another unit is another figure
    assert lines[-2:] == [
        "| a cycle | 10.0 s (2026-11-20) | 2.5 s of models (2026-11-22) | 0.25 | █▅▃ |",
        "| rows | 60 MB (2026-11-21) | 30 MB (2026-11-22) | 0.50 | █▅ |",
    ]


def test_a_run_replaces_its_own_section_and_no_other(tmp_path: Path) -> None:
    out = tmp_path / "RESULTS.md"
    first, second = NAMES[0], NAMES[1]
    write(out, second, "## Second\n\nold\n")
    write(out, first, "## First\n\nold\n")
    kept = out.read_text("utf-8")
    assert kept.index("## First") < kept.index("## Second")
    write(out, second, "## Second\n\nnew\n")
    assert out.read_text("utf-8") == kept.replace("## Second\n\nold", "## Second\n\nnew")


def test_a_process_is_measured_and_its_failure_told() -> None:
    ran = run([sys.executable, "-c", "held = bytearray(200_000_000); print('held')"])
    assert ran.output == "held\n"
    assert 200e6 < ran.peak < 400e6
    with pytest.raises(RuntimeError, match=r"ended with 3: .*so it is"):
        run([sys.executable, "-c", "print('so it is'); raise SystemExit(3)"])


def test_real_hours_are_read_from_whatever_columns_there_are(tmp_path: Path) -> None:
    file = tmp_path / "street.csv"
    file.write_text(
        "measured_at,pm2_5,humidity\n2024-01-01 00:00:00,4.5,71\n2024-01-01 02:00:00,,70\n", encoding="utf-8"
    )

    (series,) = read_hours(file)

    assert (series.station_id, len(series.hours)) == ("1", 3)
    np.testing.assert_array_equal(series.values["pm2_5"], [4.5, np.nan, np.nan])
    np.testing.assert_array_equal(series.values["humidity"], [71, np.nan, 70])
    np.testing.assert_array_equal(series.is_reported, [True, False, True])
    assert np.isnan(series.values["co"]).all()


def test_a_file_that_lacks_what_is_needed_is_named_with_it(tmp_path: Path) -> None:
    file = tmp_path / "street.csv"
    file.write_text("measured_at,PM\n2024-01-01 00:00:00,4.5\n", encoding="utf-8")

    with pytest.raises(RuntimeError, match=r"street\.csv has no column pm2_5"):
        read_hours(file)


def test_forecasts_are_tried_at_several_ends_with_a_year_behind_each() -> None:
    hours = 3 * 365 * 24
    known = np.zeros(hours)
    station = Series(
        "1", 0, dict.fromkeys(PARAMETERS, known), dict.fromkeys(PARAMETERS, known), np.ones(hours, dtype=np.bool_)
    )

    found = windows([station])

    assert [window[0].newest_hour for window in found][::5] == [300 * 24, hours - 1]
    assert all(len(window[0].hours) <= 365 * 24 for window in found)


def test_a_measured_copy_is_held_against_the_file_row_for_row(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'copies.sqlite'}"
    for sql in (FIRST, SECOND):
        publish_mart(tmp_path, sql.format(sensors=1))
        ours(url, tmp_path)
        assert wrong_rows(url, tmp_path) == 0
    engine = open_engine(url)
    with engine.begin() as place:
        place.execute(sa.text(f"update {MART} set revenue = revenue + 0.0001 where sensor_id = 'new-3'"))
        place.execute(sa.text(f"delete from {MART} where sensor_id = 'new-4'"))
    engine.dispose()
    assert wrong_rows(url, tmp_path) == 3, "a row changed counts as one missing and one surplus"
