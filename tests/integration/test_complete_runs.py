"""A run in which a test is lost fails: pytest on suites made for it, with pytest-xdist's workers and without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
WELL = "def test_one(): pass\ndef test_two(): pass\n"
HOWS = pytest.mark.parametrize("how", [(), ("-n", "2", "--dist", "loadfile")], ids=["alone", "two workers"])


def suite(folder: Path, conftest: str, *how: str, tests: str = WELL, ci: str = "") -> tuple[int, str]:
    """pytest's exit code and output on a suite of one file and its conftest."""
    (folder / "test_made_up.py").write_text(tests, "utf-8")
    (folder / "conftest.py").write_text(conftest, "utf-8")
    plugins = [word for name in ("xdist", "tests.complete_runs", "no:cacheprovider") for word in ("-p", name)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", folder, "-c", os.devnull, folder, *how],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PROJECT), "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@HOWS
def test_a_run_of_all_tests_is_good(tmp_path: Path, how: tuple[str, ...]) -> None:
    tests = f"import pytest\n{WELL}@pytest.mark.full\ndef test_three(): pass\n"
    code, said = suite(tmp_path, "", *how, tests=tests)
    assert code == 0, said
    assert "3 tests collected, 3 with an outcome; 1 of them are marked full." in said


@HOWS
def test_two_tests_with_one_node_id_are_an_error(tmp_path: Path, how: tuple[str, ...]) -> None:
    doubling = "def pytest_collection_modifyitems(items): items[1]._id = items[0]._id\n"
    code, said = suite(tmp_path, doubling, *how)
    assert code not in (0, 1), said
    assert "1 node ids belong to more than one test: test_made_up.py::test_one" in said


@HOWS
def test_a_test_without_an_outcome_fails_the_run(tmp_path: Path, how: tuple[str, ...]) -> None:
    losing = "def pytest_runtest_protocol(item): return True if item.name == 'test_two' else None\n"
    code, said = suite(tmp_path, losing, *how)
    assert code == 1, said
    assert "tests that were collected and did not run" in said
    assert "test_made_up.py::test_two\n" in said
    assert "2 tests collected, 1 with an outcome;" in said


@HOWS
@pytest.mark.parametrize(("ci", "expected"), [("", 0), ("true", 1)])
def test_a_skipped_test_fails_the_gate_alone(tmp_path: Path, how: tuple[str, ...], ci: str, expected: int) -> None:
    skipping = WELL + "import pytest\ndef test_three(): pytest.skip('no engine here')\n"
    code, said = suite(tmp_path, "", *how, tests=skipping, ci=ci)
    assert code == expected, said
    assert ("skipped, which CI=true makes a failure" in said) == bool(expected)


@HOWS
def test_a_failed_and_a_broken_test_have_an_outcome(tmp_path: Path, how: tuple[str, ...]) -> None:
    failing = "import pytest\n@pytest.fixture\ndef broken(): raise OSError\ndef test_a(): assert 0\ndef test_b(broken): pass\n"
    code, said = suite(tmp_path, "", *how, tests=failing)
    assert code == 1, said
    assert "2 tests collected, 2 with an outcome;" in said
