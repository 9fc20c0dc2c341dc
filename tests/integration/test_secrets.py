"""Whatever fails, and whoever's error it is: no command prints a URL's credentials, and the ledger holds none."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ingestion.__main__ import app as ingestion
from orchestration.__main__ import app as orchestration
from publishing.__main__ import app as publishing
from tests.integration.test_publishing import make_marts, record_build
from warehouse.upgrade import upgrade

# Port 1 of this machine: nothing answers there.
URLS = (
    "ftp://{user}@127.0.0.1:1/{path}",
    "sftp://{user}@127.0.0.1:1/{path}",
    "s3://{user}@bucket/{path}",
    "http://{user}@127.0.0.1:1/{path}?key={query}",
    "mysql://{user}@127.0.0.1:1/tally?ssl_key={query}",
    "postgresql://{user}@127.0.0.1:1/tally?sslpassword={query}",
    "mongodb://{user}@127.0.0.1:bad/tally",
    "unknown://{user}@127.0.0.1:1/{path}",
)
# None of these letters stands beside another in a message of ours or of a library's.
secrets = st.text(alphabet="QXZ0123456789/?#@:%+'\"é", min_size=6, max_size=16).map(lambda text: f"QZ{text}ZQ")
path_tokens = st.text(alphabet="QXZqxz0123456789_-", min_size=20, max_size=40).map(lambda text: f"QZ0{text}ZQ")


def cases() -> st.SearchStrategy[tuple[str, list[str]]]:
    """A URL, and what of it nobody may see."""

    def made(pattern: str, password: str, token: str, query: str, way: str) -> tuple[str, list[str]]:
        user = {"bare": password, "raw": f"tally:{password}", "quoted": f"tally:{quote(password, safe='')}"}[way]
        url = pattern.format(user=user, path=token, query=quote(query, safe=""))
        hidden = [password, quote(password, safe=""), *([token] if "{path}" in pattern else [])]
        return url, hidden + ([query, quote(query, safe="")] if "{query}" in pattern else [])

    return st.builds(
        made, st.sampled_from(URLS), secrets, path_tokens, secrets, st.sampled_from(["bare", "raw", "quoted"])
    )


@pytest.fixture
def shop(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_marts(warehouse, 1)
    record_build(warehouse, 1)
    upgrade(warehouse, 5.0)  # made by hand, it has no version
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "AWS_MAX_ATTEMPTS": "1",
        "RUNTIME__REQUEST_MAX_ATTEMPTS": "1",
        "TALLY_LOCK_TIMEOUT": "5",
    }.items():
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(publishing, []).exit_code == 0
    return warehouse


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases())
@example(("mysql://QZ/1?ZQ@127.0.0.1:1/tally?ssl_key=none", ["QZ/1?ZQ"]))
def test_no_command_prints_a_credential(shop: Path, case: tuple[str, list[str]]) -> None:
    url, hidden = case
    with mock.patch.dict(os.environ, {"SOURCES__FOOTFALL__BASE_URL": url, "PUBLISHING__ALERT_URLS": url}):
        ended = [
            CliRunner().invoke(publishing, ["to", url]),
            CliRunner().invoke(orchestration, ["backup", "--place", url]),
            CliRunner().invoke(orchestration, ["restore", "--place", url]),
            CliRunner().invoke(ingestion, ["footfall"]),
        ]
    for done in ended:
        assert done.exit_code == 1, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        lines = str(done.stderr).strip().splitlines()
        # A back-up names its steps as it goes; what went wrong is one line, between an ingestion's beginning and end.
        steps = [line for line in lines if line.startswith(("copying the warehouse", "packing", "writing "))]
        assert len(lines) - len(steps) <= 3, done.stderr
    with duckdb.connect(str(shop), read_only=True) as connection:
        ledger = connection.execute(
            "select runs::varchar from raw_operations.runs union all select answers::varchar from raw_operations.answers "
            "union all select cursors::varchar from raw_operations.cursors"
        ).fetchall()
    for text in [*(done.output for done in ended), *(row for (row,) in ledger)]:
        for secret in hidden:
            assert secret.casefold() not in text.casefold(), text
