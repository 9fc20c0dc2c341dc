"""The project's commands in processes of their own that need not import dbt and dlt first, which takes most of them seconds.

A server has imported the packages (and nothing of the project's) and forks for each command. From there on it is what
`python -m …` or `dbt …` would be: its arguments, environment, folder, umask, streams, signals and exit code are its own.
Commands come from a test (`run`), or from a script or scheduler that calls the programs of `programs`.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

# What a command of the project's spends seconds on. Not DuckDB, which starts a thread that no fork has.
PACKAGES = (
    "dbt.cli.main",
    "dlt",
    "dlt.destinations",
    "pyarrow",
    "pydantic_settings",
    "rich.progress",
    "sqlalchemy",
    "typer",
)
# What the programs of the virtual environments call.
MAIN = {"dbt": ("dbt.cli.main", "cli"), "airflow": ("airflow.__main__", "main")}

# A program that hands a command over with its streams, passes signals on, and ends as the command does.
PROGRAM = """\
#!{python} -SE
import json, os, signal, socket, sys
real = {real!r}
if os.path.basename(real).startswith("python") and sys.argv[1:2] != ["-m"]:
    os.execv(real, [real, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
umask = os.umask(0)
asked = {{"command": [real, *sys.argv[1:]], "folder": os.getcwd(), "environment": dict(os.environ), "umask": umask}}
asked = json.dumps(asked).encode()
socket.send_fds(server, [len(asked).to_bytes(4, "big")], [0, 1, 2])
server.sendall(asked)
answers = server.makefile("rb")
process = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: os.kill(process, number))
code = int(answers.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


class Server:
    """The process that forks; it ends with ours. `python` starts it, and it imports `packages`."""

    def __init__(self, python: str = sys.executable, packages: Sequence[str] = PACKAGES) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tally-"))
        self.address = str(self._folder / "socket")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.address)
        listening.listen(64)
        ours, theirs = os.pipe()  # its end is ours
        self._process = subprocess.Popen(
            [python, __file__, str(listening.fileno()), str(ours), *packages],
            pass_fds=[listening.fileno(), ours],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        os.close(ours)
        listening.close()
        self._life = theirs
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        os.close(self._life)
        self._process.wait()
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()

    def text(self, real: Path) -> str:
        """A program that stands for the virtual environment's own `real`: `python`, `dbt` or `airflow`."""
        return PROGRAM.format(python=Path(sys.executable).resolve(), real=str(real), address=self.address)


@cache
def server() -> Server:
    """The test process's own."""
    return Server()


def programs(folder: Path) -> Path:
    """Fill `folder`, which is new, with what is in the virtual environment's folder of programs, `python` and `dbt` preloaded."""
    folder.mkdir(parents=True)
    for real in Path(sys.executable).parent.iterdir():
        if real.name in ("python", "dbt"):
            (folder / real.name).write_text(server().text(real), "utf-8")
            (folder / real.name).chmod(0o755)
        else:
            (folder / real.name).symlink_to(real)
    return folder


def is_preloaded(command: tuple[str, ...]) -> bool:
    """Whether a command is `python -m …` or `dbt …`."""
    return command[:2] == (sys.executable, "-m") or command[0] == str(Path(sys.executable).with_name("dbt"))


def run(
    command: tuple[str, ...], folder: Path, environment: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a command that `is_preloaded`, with no input.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds, and was killed.
    """
    with (
        socket.socket(socket.AF_UNIX) as connection,
        Path(os.devnull).open() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        connection.connect(server().address)
        connection.settimeout(timeout)
        os.umask(umask := os.umask(0))
        request = {"command": command, "folder": str(folder), "environment": environment, "umask": umask}
        asked = json.dumps(request).encode()
        streams = [stdin.fileno(), stdout.fileno(), stderr.fileno()]
        socket.send_fds(connection, [len(asked).to_bytes(4, "big")], streams)
        connection.sendall(asked)
        try:
            _, code = (int(line) for line in connection.makefile("rb"))
        except TimeoutError:
            raise subprocess.TimeoutExpired(command, timeout) from None
        printed = []
        for file in (stdout, stderr):
            file.seek(0)
            printed.append(file.read().decode())
    return subprocess.CompletedProcess(command, code, *printed)


def serve(listening: socket.socket, life: int) -> dict[str, Any] | None:
    """Fork for each command; return in the fork, with what it is to run, and None at the end."""
    while True:
        ready, _, _ = select.select([listening, life], [], [])
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if life in ready:
            return None
        connection, _ = listening.accept()
        if os.fork():
            connection.close()
            continue
        # Waits for the command, so that commands may run side by side.
        listening.close()
        os.close(life)
        length, streams, _, _ = socket.recv_fds(connection, 4, 3)
        request: dict[str, Any] = json.loads(connection.makefile("rb").read(int.from_bytes(length, "big")))
        process = os.fork()
        if process == 0:
            os.setpgid(0, 0)
            connection.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            return request
        for stream in streams:
            os.close(stream)
        connection.sendall(f"{process}\n".encode())
        ended = os.pidfd_open(process)
        if ended not in select.select([connection, ended], [], [])[0]:  # whoever asked is gone
            os.killpg(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        with suppress(BrokenPipeError):
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)


def become(request: dict[str, Any]) -> None:
    """Be the command: what it ends with ends this process."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.umask(request["umask"])
    os.chdir(request["folder"])
    program, *arguments = request["command"]
    if (name := Path(program).name) in MAIN:
        module, main = MAIN[name]
        sys.path[0] = str(Path(program).parent)
        sys.argv = [program, *arguments]
        sys.exit(getattr(importlib.import_module(module), main)())
    sys.path[0] = request["folder"]
    sys.argv = arguments[1:]
    runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for package in sys.argv[3:]:
        importlib.import_module(package)
    gc.collect()
    gc.freeze()
    if (request := serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))) is not None:
        become(request)
