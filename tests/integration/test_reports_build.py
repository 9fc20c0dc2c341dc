"""`python -m reports`: what it says when a build fails, and that the old site stays.

A stand-in for Node.js plays Evidence here, in the words that the real one printed; the real one builds the site that
the browser tests read.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.whole_flow import needs_site_packages

PROJECT = Path(__file__).parents[2]

BUILT = "mkdir -p build/stores && echo new > build/index.html && echo stores > build/stores/index.html\n"


@pytest.fixture(autouse=True)
def packages() -> None:
    needs_site_packages()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with a site in it."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("old\n", encoding="utf-8")
    (site / "gone.html").write_text("an entity of old\n", encoding="utf-8")
    return site


def environment(tmp_path: Path, script: str) -> dict[str, str]:
    """An environment in which `node` is a shell script."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "node").write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    (programs / "node").chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


def build(tmp_path: Path, out: Path, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reports", "build", "--out", str(out), *options],
        cwd=PROJECT,
        env=environment(tmp_path, script),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def failure(result: subprocess.CompletedProcess[str], out: Path) -> str:
    """The last line of a build that failed; the old site must be as it was."""
    assert result.returncode == 1, result
    assert "Traceback" not in result.stderr
    assert {file.name for file in out.iterdir()} == {"index.html", "gone.html"}
    assert (out / "index.html").read_text("utf-8") == "old\n"
    return result.stderr.splitlines()[-1]


def test_a_new_site_replaces_the_old_whole(tmp_path: Path, out: Path) -> None:
    result = build(tmp_path, out, BUILT)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"Built 2 pages into {out} in ")
    assert {str(file.relative_to(out)) for file in out.rglob("*.html")} == {"index.html", "stores/index.html"}
    assert (out / "index.html").read_text("utf-8") == "new\n"
    assert [path.name for path in out.parent.glob("site*")] == ["site"]


def test_pages_that_have_not_changed_are_not_built_again(tmp_path: Path, out: Path) -> None:
    """Evidence is not even started; into another folder, or from other sources, they are built."""
    count = f"echo >> '{tmp_path}/builds'\n{BUILT}"
    assert build(tmp_path, out, count).stdout.startswith("Built 2 pages")
    again = build(tmp_path, out, count)
    assert (again.returncode, again.stdout) == (0, f"The pages in {out} are up to date.\n")
    assert build(tmp_path, tmp_path / "elsewhere", count).stdout.startswith("Built 2 pages")
    (out / ".sources").write_text("what an older version was built from", encoding="utf-8")
    assert build(tmp_path, out, count).stdout.startswith("Built 2 pages")
    assert (tmp_path / "builds").read_text("utf-8") == "\n" * 3


def test_a_page_that_cannot_be_compiled_is_named(tmp_path: Path, out: Path) -> None:
    script = (
        "echo 'error during build:'\n"
        'echo "[vite-plugin-svelte] $PWD/.evidence/template/src/pages/stores/+page.md:12:3 Unexpected token"\n'
        "exit 1\n"
    )
    line = failure(build(tmp_path, out, script), out)

    assert line == (
        "reports: Evidence failed ([vite-plugin-svelte] pages/stores/+page.md:12:3 Unexpected token): "
        "see reports/.work/build.log."
    )


def test_a_build_without_a_site_has_failed(tmp_path: Path, out: Path) -> None:
    assert failure(build(tmp_path, out, "echo done\n"), out) == (
        "reports: Evidence ended without a site: see reports/.work/build.log."
    )


def test_a_build_that_hangs_is_stopped_with_all_it_started(tmp_path: Path, out: Path) -> None:
    script = f"sleep 3600 & echo $! > '{tmp_path}/child'\nwait\n"
    line = failure(build(tmp_path, out, script, "--time-limit", "2"), out)

    assert line == "reports: Evidence had not ended after 2 seconds: see reports/.work/build.log."
    child = int((tmp_path / "child").read_text("utf-8"))
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text("utf-8").split()[2] == "Z"


def test_it_reads_no_standard_input(tmp_path: Path, out: Path) -> None:
    assert build(tmp_path, out, f"cat\n{BUILT}").returncode == 0


def test_two_builds_take_their_turns(tmp_path: Path, out: Path) -> None:
    """The first is held in the middle of its work; the second says that it waits, and then does all of its own."""
    gate, other = tmp_path / "gate", tmp_path / "other"
    os.mkfifo(gate)
    other.mkdir()
    first = subprocess.Popen(
        [sys.executable, "-m", "reports", "build", "--out", str(tmp_path / "first")],
        cwd=PROJECT,
        env=environment(tmp_path, f"echo begun\n{BUILT}cat '{gate}' > /dev/null\n"),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stderr is not None
    while "starting Evidence" not in first.stderr.readline():
        assert first.poll() is None
    second = subprocess.Popen(
        [sys.executable, "-m", "reports", "build", "--out", str(tmp_path / "second")],
        cwd=PROJECT,
        env=environment(other, BUILT),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stderr is not None
    assert second.stderr.readline() == "reports: waiting for another build of the site to end\n"
    gate.write_text("go", encoding="utf-8")
    assert first.wait(timeout=60) == 0
    assert second.wait(timeout=60) == 0
    for name in ("first", "second"):
        assert (tmp_path / name / "index.html").read_text("utf-8") == "new\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_leaves_the_old_site_and_no_process(
    tmp_path: Path, out: Path, number: signal.Signals
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = subprocess.Popen(
        [sys.executable, "-m", "reports", "build", "--out", str(out)],
        cwd=PROJECT,
        env=environment(tmp_path, f"echo $$ > '{tmp_path}/node.pid'; echo up > '{gate}'; sleep 3600\n"),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "starting Evidence" not in process.stderr.readline():
        assert process.poll() is None
    assert gate.read_text("utf-8") == "up\n"
    process.send_signal(number)
    process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert (out / "index.html").read_text("utf-8") == "old\n"
    state = Path(f"/proc/{(tmp_path / 'node.pid').read_text('utf-8').strip()}/stat")
    assert not state.exists() or state.read_text("utf-8").split()[2] == "Z"


def serve(site: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reports", "serve", "--out", str(site), "--port", str(port)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_serving_what_was_not_built_says_what_to_run(tmp_path: Path) -> None:
    result = serve(tmp_path, 0)

    assert (result.returncode, result.stderr) == (
        1,
        f"reports: There is no site in {tmp_path}: run `make reports` first.\n",
    )


def test_a_port_that_is_taken_is_named(out: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = serve(out, port)

    assert result.returncode == 1
    assert result.stderr.startswith(f"reports: Cannot listen on 127.0.0.1:{port} (")
    assert result.stderr.endswith("): choose another with --host or --port.\n")
