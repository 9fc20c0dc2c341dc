"""Spark's Thrift server on this machine: for as long as a command takes, where none answers at TALLY_SPARK, or until Ctrl-C (`make spark`).

What it is started with is one file, TALLY_SPARK_CONF, in the format of Spark's own spark-defaults.conf.
"""

from __future__ import annotations

import importlib.util
import logging
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse import spark
from warehouse.errors import WarehouseError
from warehouse.paths import PROJECT, WarehousePaths
from warehouse.permissions import owner_only
from warehouse.settings import Machine, named_variable

LOCAL = ("127.0.0.1", "localhost")
JAVA, START_SECONDS, STOP_SECONDS = 17, 300.0, 30.0
JARS = PROJECT / "deploy/spark/jars.py"
_CLASS = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"

logger = logging.getLogger(__name__)


@contextmanager
def server() -> Iterator[None]:
    """Serve within the block, where TALLY_SPARK says this machine and nothing answers there.

    Raises:
        WarehouseError: it cannot be started.
    """
    place = spark.address()
    if place is None or place.rpartition(":")[0] not in LOCAL or is_taken(place):
        yield
        return
    logger.info("No Spark answers at %s: starting it for this run.", place)
    process = start(place)
    try:
        yield
    finally:
        stop(process)


def start(place: str) -> subprocess.Popen[bytes]:
    """Start a server at this address, and wait until it answers.

    Raises:
        WarehouseError: no Java, the port is taken, the settings cannot be used, or the server ended; its log says why.
    """
    host, _, port = place.rpartition(":")
    _check_java()
    if is_taken(place):
        raise WarehouseError(
            f"port {port} of {host} is taken: end what listens there, or set TALLY_SPARK to another port"
        )
    log = _log()
    home = log.parent
    with owner_only():
        home.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(
                _command(home, host, port), cwd=home, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    try:
        while not _answers(place):
            if process.poll() is not None:
                raise WarehouseError(f"Spark's server ended at its start: {_why(log)} (all of it is in {log})")
            if time.monotonic() > deadline:
                raise WarehouseError(f"Spark's server did not answer within {START_SECONDS:.0f} s: look at {log}")
            time.sleep(0.5)
    except BaseException:
        stop(process)
        raise
    return process


def serve(place: str, started: Callable[[], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; `started` is called once the server answers.

    Raises:
        WarehouseError: it cannot be started, or ended by itself.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        process = start(place)
        try:
            started()
            code = process.wait()
        finally:
            stop(process)
    except KeyboardInterrupt:
        return
    raise WarehouseError(f"Spark's server ended by itself ({code}): look at {_log()}, and start it again")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that `start` has started."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_taken(place: str) -> bool:
    """Whether something listens at an address."""
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True


def _log() -> Path:
    return WarehousePaths(Machine.load().warehouse).spark.absolute() / "server.log"


def _answers(place: str) -> bool:
    if not is_taken(place):
        return False
    try:
        with spark.connected(place) as connection:
            return connection.rows("select 1") == [(1,)]
    except spark.NoSession:
        raise
    except WarehouseError:
        return False


def _command(home: Path, host: str, port: str) -> list[str]:
    conf = Machine.load().spark_conf
    conf = conf if conf.is_absolute() else PROJECT / conf
    try:
        text = conf.read_text("utf-8")
    except OSError as error:
        raise WarehouseError(f"{conf} cannot be read ({error.strerror}): look at TALLY_SPARK_CONF") from None
    said = set(re.findall(r"^\s*([\w.-]+)[\s=]", text, re.MULTILINE))
    settings = {name: value for name, value in _beside(home).items() if name not in said}
    options = [f"--conf={name}={value}" for name, value in settings.items()]
    spark_home = _package("pyspark")
    return [
        *("env", f"SPARK_HOME={spark_home}", "SPARK_LOCAL_IP=127.0.0.1", str(spark_home / "bin/spark-submit")),
        *("--name", "Tally", "--class", _CLASS, "--properties-file", str(conf), *options, "spark-internal"),
        *("--hiveconf", f"hive.server2.thrift.bind.host={host}", "--hiveconf", f"hive.server2.thrift.port={port}"),
        *("--hiveconf", f"hive.exec.scratchdir={home}/tmp/hive"),
    ]


def _beside(home: Path) -> dict[str, str]:
    """What the settings file need not say: Iceberg's jars, and where tables, catalog and temporary files are on one machine."""
    folder = Path(sys.prefix) / "jars"
    made = subprocess.run([sys.executable, str(JARS), str(folder)], capture_output=True, text=True, check=False)
    if made.returncode:
        raise WarehouseError(f"Iceberg's jars cannot be made: {made.stderr.strip().splitlines()[-1]}")
    jars = ":".join(made.stdout.split())
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.driver.extraClassPath": jars,
        "spark.executor.extraClassPath": jars,
        "spark.local.dir": f"{home}/tmp",
        "spark.sql.warehouse.dir": f"file://{home}/warehouse",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={home}/metastore;create=true",
    }


def _check_java() -> None:
    home = named_variable("JAVA_HOME")
    java = str(Path(home, "bin/java")) if home else shutil.which("java")
    advice = f"install Java {JAVA} (Debian: apt-get install openjdk-{JAVA}-jre-headless), or set JAVA_HOME"
    if java is None or not Path(java).exists():
        raise WarehouseError(f"Spark needs Java {JAVA}, and none was found: {advice}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if not found or int(found[1]) != JAVA:
        raise WarehouseError(f"Spark needs Java {JAVA}, and {java} is {found[1] if found else 'another'}: {advice}")


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise WarehouseError("Spark is not installed here: `make spark` installs it into deploy/spark/.venv")
    return Path(found.origin).parent


def _why(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    caused = [line for line in lines if re.match(r"(Caused by: |Exception in thread|Error: )", line)]
    return (caused or lines or ["it said nothing"])[-1][:300]
