"""The table of measurements: what a run writes, and what it leaves as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES, write
from benchmarks.common import Report, run


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
