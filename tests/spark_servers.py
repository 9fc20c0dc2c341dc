"""Servers of Spark's on loopback: the Thrift server of a warehouse, and a standalone master with workers."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.flow import PROJECT
from tests.place import Place
from tests.servers import free_port
from tests.whole_flow import clean

PYTHON = PROJECT / "deploy/spark/.venv/bin/python"


@contextmanager
def serving(place: Place) -> Iterator[None]:
    """A warehouse's Thrift server, as `make spark` starts it, within the block."""
    server = place.begin("orchestration", "spark")
    try:
        assert server.stdout
        said = server.stdout.readline()
        assert said.startswith("Spark answers"), said
        yield
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate()


@contextmanager
def cluster(folder: Path, workers: int = 2, memory: str = "1g") -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A standalone master and workers of a core and this memory each: the master's address, and the workers, each the leader of its group."""
    home = next((PYTHON.parent.parent / "lib").glob("python3*/site-packages/pyspark"))
    environment = clean() | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    port = free_port()
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> None:
        with (folder / f"{name}-{len(running)}.log").open("wb") as log:
            # A worker's executors are in its group, and are killed with it.
            running.append(
                subprocess.Popen(
                    [str(home / "bin/spark-class"), f"org.apache.spark.deploy.{name.lower()}.{name}", "--host", "127.0.0.1", "--webui-port", "0", *arguments],
                    cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                )
            )  # fmt: skip

    try:
        start("Master", "--port", str(port))
        for _ in range(workers):
            start(
                "Worker",
                "--cores",
                "1",
                "--memory",
                memory,
                "--work-dir",
                str(folder / "work"),
                f"spark://127.0.0.1:{port}",
            )
        yield f"spark://127.0.0.1:{port}", running[1:]
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
