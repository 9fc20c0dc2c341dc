"""Commands that die at a chosen step, which is what a power cut does: `python -m tests.kill FOLDER` runs the commands that it is given.

A step is a change to a file or folder below FOLDER, as Python's own audit events name it: opened to be written, renamed,
linked, made, removed. At step n the process kills itself with SIGKILL before the step is done; or in the place of a function of
the project's, where the step is none of a file's. Each line on standard
input is a JSON object with `command` and, to die, `at` or `before`; each is run in a process of its own, forked from this one, which
saves a second of imports. Each is answered with a line: `killed`, `code`, `output`.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEPS = frozenset(
    ("open", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.truncate")
)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    killed: bool
    code: int
    output: str


class Killer:
    """Runs commands on the warehouses in a folder."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kill", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, warehouse: Path, *command: str, at: int | None = None, before: str | None = None, **environment: str
    ) -> Ended:
        """Run `command`; it is killed at step `at` (from 1), or where it calls `before` (`package.module:function`), unless it ends before."""
        assert self._process.stdin and self._process.stdout
        environment = environment | {"TALLY_WAREHOUSE": str(warehouse)}
        line = json.dumps({"command": command, "at": at, "before": before, "environment": environment})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()


def _kill_at(step: int, folder: str) -> None:
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in STEPS:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        paths = [os.fsdecode(each) for each in arguments[:2] if isinstance(each, str | bytes | os.PathLike)]
        if (
            event in ("os.mkdir", "os.remove")
            and (event == "os.mkdir") == Path(paths[0]).exists()
            and paths[0][0] == "/"
        ):
            return  # it changes nothing
        # Removing a tree names files by their folder's descriptor.
        if any(path.startswith(folder) or not path.startswith("/") for path in paths):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _kill_before(function: str) -> None:
    module, _, path = function.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)

    def die(*arguments: object, **named: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    assert callable(getattr(owner, name))
    setattr(owner, name, die)


def _look(warehouse: Path) -> None:
    """What a command finds that opens the warehouse."""
    from warehouse.connection import opened
    from warehouse.paths import WarehousePaths

    with opened(warehouse) as connection:
        names = connection.execute("select name from raw_orders.customers order by customer_id").fetchall()
        (generation,) = connection.execute("select max(generation) from marts.dim_doors").fetchone() or (None,)
        paths = WarehousePaths(warehouse)
        published = connection.execute(f"select max(generation) from '{paths.marts}/dim_doors.parquet'").fetchone()
    found = [names, generation, published and published[0], json.loads(paths.sent_alerts.read_text())["told"]]
    print(json.dumps(found))


def _run(command: list[str]) -> int:
    from ingestion.__main__ import main as ingestion
    from orchestration.__main__ import app as orchestration

    package, *arguments = command
    if package == "look":
        _look(Path(os.environ["TALLY_WAREHOUSE"]))
        return 0
    entry: Callable[[], object] = ingestion if package == "ingestion" else orchestration
    sys.argv = [package, *arguments]
    try:
        entry()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _serve(folder: str) -> None:
    # Imported once, before the first fork; none of them opens a database or starts a thread when it is imported.
    import dlt.destinations  # noqa: F401
    import duckdb  # noqa: F401
    import s3fs  # noqa: F401

    import ingestion.__main__  # noqa: F401
    import orchestration.__main__  # noqa: F401
    import warehouse.backup
    import warehouse.forget
    import warehouse.recovery  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.environ.update(asked["environment"])
            if asked["at"]:
                _kill_at(asked["at"], folder)
            if asked["before"]:
                _kill_before(asked["before"])
            text = io.StringIO()
            code = 70
            try:
                with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
                    code = _run(asked["command"])
            except BaseException as error:
                text.write(repr(error))
            os.write(writing, text.getvalue()[-8000:].encode())
            os._exit(code)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            output = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        code = -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
        print(json.dumps({"killed": killed, "code": code, "output": output}), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
