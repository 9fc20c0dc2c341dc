"""The project's commands in processes of their own that need not import dbt and dlt first, which takes most of them seconds.

A server that has imported the packages (and nothing of the project's) forks for each command. From there on it is what
`python -m …` or `dbt …` would be: its arguments, environment, folder, streams and exit code are its own.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

# What a command of the project's spends seconds on. Not DuckDB and Arrow: they start threads, which no fork has.
PACKAGES = ("dbt.cli.main", "dlt", "dlt.destinations", "pydantic_settings", "rich.progress", "sqlalchemy", "typer")


class Server:
    """The process that forks, and our end of a socket; it ends with ours."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
            cwd=Path(__file__).resolve().parent.parent,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._process.wait()

    def run(
        self, command: tuple[str, ...], folder: Path, environment: dict[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """A command that `is_preloaded`, until it has ended.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds, and was killed.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            asked = json.dumps({"command": command, "folder": str(folder), "environment": environment}).encode()
            socket.send_fds(self._socket, [b"."], [theirs.fileno(), stdout.fileno(), stderr.fileno()])
            ours.sendall(len(asked).to_bytes(4, "big") + asked)
            theirs.close()
            ours.settimeout(timeout)
            answers = ours.makefile("rb")
            process = int(answers.readline())
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(command, timeout) from None
            printed = []
            for file in (stdout, stderr):
                file.seek(0)
                printed.append(file.read().decode())
        return subprocess.CompletedProcess(command, code, *printed)


@cache
def server() -> Server:
    """The test process's own."""
    return Server()


def is_preloaded(command: tuple[str, ...]) -> bool:
    """Whether a command is `python -m …` or `dbt …`, which the server can run."""
    return command[:2] == (sys.executable, "-m") or command[0] == str(Path(sys.executable).with_name("dbt"))


def serve(asked: socket.socket) -> dict[str, Any] | None:
    """Fork for each command; return in the fork, with what it is to run, and None at the end."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, 1, 3)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not message:
            return None
        if os.fork() == 0:  # waits for the command, so that commands may run side by side
            answers, stdout, stderr = files
            with socket.socket(fileno=answers) as connection:
                reader = connection.makefile("rb")
                request: dict[str, Any] = json.loads(reader.read(int.from_bytes(reader.read(4), "big")))
                process = os.fork()
                if process == 0:
                    asked.close()
                    os.dup2(stdout, 1)
                    os.dup2(stderr, 2)
                    os.closerange(3, max(files) + 1)
                    return request
                connection.sendall(f"{process}\n".encode())
                _, status = os.waitpid(process, 0)
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
        for file in files:
            os.close(file)


def become(request: dict[str, Any]) -> None:
    """Be the command: what it ends with ends this process."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    program, *arguments = request["command"]
    sys.path[0] = request["folder"]
    if Path(program).name == "dbt":
        from dbt.cli.main import cli

        sys.argv = [program, *arguments]
        sys.exit(cli())
    sys.argv = arguments[1:]
    runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for package in PACKAGES:
        importlib.import_module(package)
    gc.collect()
    gc.freeze()
    if (request := serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        become(request)
