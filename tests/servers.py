"""Servers that a test owns, in a folder of its own: MariaDB, PostgreSQL, an S3 server, a stand-in for MongoDB."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


def missing(what: str) -> None:
    """Leave the test out on a machine that lacks something; CI must have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def find(program: str, package: str, *folders: str) -> str:
    """A program on the PATH or in one of `folders` (as Debian hides PostgreSQL's)."""
    places = [os.environ.get("PATH", ""), *folders]
    found = shutil.which(program, path=os.pathsep.join(places))
    if not found:
        missing(f"{program} is not installed (Debian: apt-get install {package})")
    assert found
    return found


POSTGRESQL = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
"""Where Debian hides PostgreSQL's programs."""
NEEDS = {
    "Chromium (Debian: apt-get install chromium)": ("chromium", ()),
    "MariaDB (Debian: apt-get install mariadb-server)": ("mariadbd", ("/usr/sbin",)),
    "PostgreSQL (Debian: apt-get install postgresql)": ("postgres", POSTGRESQL),
    "git (Debian: apt-get install git)": ("git", ()),
}


def lacks() -> list[str]:
    """What this machine lacks of what some tests need, and `make` does not install."""
    found = []
    for what, (program, folders) in NEEDS.items():
        is_set = program == "chromium" and os.environ.get("TALLY_CHROMIUM")
        if not is_set and not shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *folders])):
            found.append(what)
    if os.getuid() != 0:
        asked = shutil.which("sudo") and subprocess.run(["sudo", "--non-interactive", "true"], capture_output=True)
        if not asked or asked.returncode:
            found.append("root, or a sudo without password, to mount a small disk")
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def serving(command: list[str], answers: Callable[[], bool], user: str | None = None) -> Iterator[None]:
    """A server in a process of its own, from the moment it answers."""
    # A pipe that nobody reads would be full one day, and the server wait for ever to write its log.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, user=user)
        try:
            until = time.monotonic() + 60
            while not answers():
                if process.poll() is not None or time.monotonic() > until:
                    process.kill()
                    process.wait()
                    log.seek(0)
                    pytest.fail(f"{command[0]} did not start: {log.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def listens(port: int) -> bool:
    """Whether someone takes connections on a port."""
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def mariadb(folder: Path) -> Iterator[str]:
    """An empty MariaDB; the URL of its database."""
    install = find("mariadb-install-db", "mariadb-server")
    server = find("mariadbd", "mariadb-server", "/usr/sbin")
    data, socket_file = folder / "mariadb", folder / "mariadb.sock"
    as_user = ["--user=root"] if os.getuid() == 0 else []
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *as_user],
        check=True,
        capture_output=True,
    )
    port = free_port()
    command = [server, "--no-defaults", f"--datadir={data}", f"--socket={socket_file}", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", *as_user]
    with serving(command, lambda: listens(port)):
        client = find("mariadb", "mariadb-client")
        statement = (
            "create database tally; create user tally@'127.0.0.1' identified by 'se:cret'; "
            "grant all on tally.* to tally@'127.0.0.1'"
        )
        subprocess.run([client, "--no-defaults", f"--socket={socket_file}", "-uroot", "-e", statement], check=True)
        yield f"mariadb://tally:se%3Acret@127.0.0.1:{port}/tally"


@contextmanager
def postgresql() -> Iterator[str]:
    """An empty PostgreSQL; the URL of its database. It refuses to run as root: then `postgres` or `nobody` runs it.

    Its folder is not pytest's: every run of pytest shuts that one again for all but root.
    """
    initdb, server = (find(name, "postgresql", *POSTGRESQL) for name in ("initdb", "postgres"))
    user = None
    with tempfile.TemporaryDirectory(prefix="postgresql-", ignore_cleanup_errors=True) as data:
        if os.getuid() == 0:
            user = "postgres" if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0 else "nobody"
            shutil.chown(data, user)
        made = subprocess.run(
            [initdb, "-D", data, "-U", "tally", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
            capture_output=True,
            text=True,
            user=user,
            cwd="/",
        )
        if made.returncode:
            pytest.fail(f"{initdb} failed: {made.stdout[-1000:]}{made.stderr[-1000:]}")
        port = free_port()
        command = [server, "-D", data, "-p", str(port), "-k", "", "-c", "listen_addresses=127.0.0.1"]
        with serving(command, lambda: _takes_queries(port), user):
            yield f"postgresql://tally:unused@127.0.0.1:{port}/postgres"


def _takes_queries(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(host="127.0.0.1", port=port, user="tally", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def mongodb_stand_in(folder: Path) -> Iterator[str]:
    """NX-27017, which speaks MongoDB's wire protocol on SQLite: a test double, not MongoDB itself."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("nx-27017")), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--db", str(folder / "mongodb.sqlite"), "--log-file", str(folder / "mongodb.log")]
    command += ["--pid-file", str(folder / "mongodb.pid")]
    with serving(command, lambda: listens(port)):
        yield f"mongodb://127.0.0.1:{port}/tally"


@contextmanager
def s3() -> Iterator[str]:
    """An S3 server (moto's); the URL of its endpoint."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def mounted_bucket(folder: Path, name: str) -> Iterator[tuple[Any, dict[str, str]]]:
    """A bucket on an S3 server that is also a folder (s3fs): boto's client of it, and the environment in which it is found."""
    import boto3  # type: ignore[import-untyped]

    keys = {"AWS_ACCESS_KEY_ID": "unused", "AWS_SECRET_ACCESS_KEY": "unused", "AWS_DEFAULT_REGION": "us-east-1"}
    mount = find("s3fs", "s3fs")
    folder.mkdir()
    with s3() as endpoint:
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="unused", aws_secret_access_key="unused"
        )  # fmt: skip
        client.create_bucket(Bucket=name)
        command = ["env", "AWSACCESSKEYID=unused", "AWSSECRETACCESSKEY=unused", mount, name, str(folder), "-f"]
        with serving([*command, "-o", f"url={endpoint}", "-o", "use_path_request_style"], folder.is_mount):
            yield client, keys | {"AWS_ENDPOINT_URL": endpoint}
