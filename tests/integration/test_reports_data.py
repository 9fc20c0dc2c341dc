"""What of the published marts goes on to the site, and how it is served."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing.publication import Publication
from reports.data import write_data
from reports.errors import SiteError
from reports.tables import TABLES, Kind

PUBLICATION = Publication(published_at=datetime(2026, 11, 22, 6, 5, tzinfo=UTC), stale_reason="it's broken")
SCRIPT = b"console.log(1);" * 100
VALUES = {
    Kind.TEXT: "'a word'",
    Kind.NUMBER: "1.5::decimal(18, 3)",
    Kind.DATE: "date '2026-11-22'",
    Kind.FLAG: "true",
    Kind.TIME: "timestamp '2026-11-22 05:04:03'",
    Kind.LINE: "'held by /opt/tally/bin/python'",
}


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    """One row of each mart, with a column that the site has no use for."""
    folder = tmp_path / "marts"
    folder.mkdir()
    for table in TABLES:
        columns = {column: VALUES[kind] for column, kind in table.columns.items()} | {"payload": "'somebody'"}
        publish(folder, table.name, [columns])
    return folder


def publish(folder: Path, mart: str, rows: list[dict[str, str]]) -> None:
    """Publish rows of SQL expressions."""
    select = " union all ".join(
        "select " + ", ".join(f"{value} as {name}" for name, value in row.items()) for row in rows
    )
    duckdb.sql(f"copy ({select}) to '{folder}/{mart}.parquet' (format parquet)")


def read(data: Path, table: str) -> list[dict[str, Any]]:
    answer = duckdb.sql(f"from '{data}/tally/{table}/{table}.parquet'")
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def row(table: str, **values: str) -> dict[str, str]:
    """A row of a mart, as SQL expressions."""
    columns = next(each.columns for each in TABLES if each.name == table)
    return {column: VALUES[kind] for column, kind in columns.items()} | values


def test_every_table_is_written_as_the_pages_need_it(marts: Path, tmp_path: Path) -> None:
    rows = write_data(marts, PUBLICATION, tmp_path / "data")

    assert rows == {table.name: 1 for table in TABLES} | {"publication": 1}
    (hour,) = read(tmp_path / "data", "fct_sensor_visits_hourly")
    assert hour["hour_start_at"] == "2026-11-22 05:04"
    assert hour["visits"] == 1.5
    assert isinstance(hour["visits"], float)
    assert hour["is_open"] is True


def test_evidence_finds_every_file_with_its_schema(marts: Path, tmp_path: Path) -> None:
    data = tmp_path / "static/data"
    rows = write_data(marts, PUBLICATION, data)

    files = json.loads((data / "manifest.json").read_text("utf-8"))["renderedFiles"]["tally"]
    assert {Path(file).stem for file in files} == set(rows)
    for file in files:
        path = tmp_path / file
        schema = json.loads(path.with_suffix(".schema.json").read_text("utf-8"))
        assert [column["name"] for column in schema] == duckdb.sql(f"from '{path}'").columns
        assert {column["evidenceType"] for column in schema} <= {"string", "number", "date", "boolean"}


def test_only_listed_columns_leave(marts: Path, tmp_path: Path) -> None:
    write_data(marts, PUBLICATION, tmp_path / "data")

    assert "payload" not in read(tmp_path / "data", "fct_rejected_records")[0]
    assert b"somebody" not in b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())


def test_the_state_of_the_publication_goes_along(marts: Path, tmp_path: Path) -> None:
    write_data(marts, PUBLICATION, tmp_path / "data")

    assert read(tmp_path / "data", "publication") == [
        {"published_at": "2026-11-22 06:05", "built_at": None, "stale_since": None, "stale_reason": "it's broken"}
    ]


def test_hours_go_back_thirteen_months_from_the_newest(marts: Path, tmp_path: Path) -> None:
    mart = "fct_store_visits_hourly"
    times = ["2026-11-22 05:00", "2025-10-22 06:00", "2025-10-22 05:00", "2019-01-01 00:00"]
    publish(marts, mart, [row(mart, hour_start_at=f"timestamp '{time}:00'") for time in times])
    write_data(marts, PUBLICATION, tmp_path / "data")

    assert [each["hour_start_at"] for each in read(tmp_path / "data", mart)] == ["2025-10-22 06:00", "2026-11-22 05:00"]


def test_a_mart_that_is_not_there_is_an_empty_table(tmp_path: Path) -> None:
    rows = write_data(tmp_path / "nothing", Publication(), tmp_path / "data")

    assert rows == dict.fromkeys((table.name for table in TABLES), 0) | {"publication": 1}
    for table in TABLES:
        columns = duckdb.sql(f"from '{tmp_path}/data/tally/{table.name}/{table.name}.parquet'").columns
        assert columns == [*table.columns, *(["page"] if table.page_of else [])]


def test_a_mart_without_a_column_that_pages_show_is_told_apart(marts: Path, tmp_path: Path) -> None:
    columns = row("dim_stores")
    del columns["city"], columns["timezone"]
    publish(marts, "dim_stores", [columns])

    with pytest.raises(SiteError, match=r"^The published dim_stores has no city, timezone, which the pages show: run "):
        write_data(marts, PUBLICATION, tmp_path / "data")


def test_a_file_that_cannot_be_read_is_named(marts: Path, tmp_path: Path) -> None:
    (marts / "dim_stores.parquet").write_text("not Parquet", encoding="utf-8")

    with pytest.raises(
        SiteError, match=rf"^{marts}/dim_stores\.parquet cannot be copied into the site \(.+\): publish again\.$"
    ):
        write_data(marts, PUBLICATION, tmp_path / "data")


def test_a_file_that_is_damaged_in_the_middle_is_named(marts: Path, tmp_path: Path) -> None:
    """Its end, which says what columns it has, can still be read."""
    file = marts / "dim_stores.parquet"
    content = file.read_bytes()
    file.write_bytes(content[:4] + bytes(100) + content[104:])

    with pytest.raises(SiteError, match=rf"^{file} cannot be copied into the site \(.+\): publish again\.$"):
        write_data(marts, PUBLICATION, tmp_path / "data")


def test_every_id_gets_an_address_of_its_own(marts: Path, tmp_path: Path) -> None:
    """Plain ids are their own addresses. None is another's where case is not told apart, or a name that no file can have."""
    plain = ["paris", "paris-12b", "a-b", "a_b", "404", "x" * 64, "0123456789ab"]
    odd = [
        *(
            "Paris",
            "PARIS",
            "a b",
            "a/b",
            "a.b",
            ".",
            "..",
            "",
            "index.html",
            "con",
            "lpt1",
            "Ülm?",
            "東京",
            "大阪",
            "x" * 65,
        ),
        *("x" * 300, "x" * 299 + "y", "_app", "-", "é' or 1=1 --", "paris-0123456789ab"),
    ]
    # An id that is what another's address would be, had it not been taken for one.
    publish(marts, "dim_stores", [row("dim_stores", store_id="'Paris'")])
    write_data(marts, PUBLICATION, tmp_path / "first")
    odd.append(read(tmp_path / "first", "dim_stores")[0]["page"])
    ids = plain + odd
    publish(marts, "dim_stores", [row("dim_stores", store_id="'" + each.replace("'", "''") + "'") for each in ids])
    write_data(marts, PUBLICATION, tmp_path / "data")

    pages = {each["store_id"]: each["page"] for each in read(tmp_path / "data", "dim_stores")}
    assert set(pages) == set(ids)
    assert len({page.lower() for page in pages.values()}) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", page) for page in pages.values())
    assert {each: pages[each] for each in plain} == {each: each for each in plain}
    assert all(pages[each] != each for each in odd)
    assert pages["Paris"].startswith("paris-")
    assert pages["a/b"].startswith("a-b-")


def test_only_text_that_would_be_a_formula_gets_an_apostrophe_in_a_csv() -> None:
    """The pages' own module, run by Node.js; its answer is read back as a spreadsheet's user would have it."""
    values = [
        "=1+1",
        "+1",
        "-1",
        "@a",
        "\t=1",
        "\r\n=1",
        "\r@a",
        "a=1",
        "1-1",
        " =1",
        "",
        None,
        -1.5,
        0,
        12,
        True,
        'a "b", c',
    ]
    rows = [{"at": at, "value": value} for at, value in enumerate(values)]
    module = (Path(__file__).parents[2] / "reports/components/csv.js").as_uri()
    script = f"import {{ csv }} from {json.dumps(module)}; process.stdout.write(csv({json.dumps(rows)}));"
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        capture_output=True,
        timeout=60,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    read_back = list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))

    assert read_back[0] == ["at", "value"]
    assert [cells[1] for cells in read_back[1:]] == [
        *("'=1+1", "'+1", "'-1", "'@a", "'\t=1", "'\r\n=1", "'\r@a", "a=1", "1-1", " =1", "", ""),
        *("-1.5", "0", "12", "true", 'a "b", c'),
    ]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes


Get = Callable[..., Answer]


@contextmanager
def serving(site: Path, *options: str) -> Iterator[Get]:
    """`python -m reports serve`, asked for a path, which is sent as it is, with headers by name."""
    with subprocess.Popen(
        [sys.executable, "-m", "reports", "serve", "--out", str(site), "--port", "0", *options],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(":", 1)[1])

        def ask(path: str, **headers: str) -> Answer:
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
            connection.close()
            return answer

        try:
            yield ask
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("served") / "site"
    files = {
        "index.html": b"<h1>Overview</h1>",
        "404.html": b"<h1>No such page</h1>",
        "stores/index.html": b"<script>first()</script><script src='a.js'></script><style>h1 { color: red }</style>"
        b"<script type='application/json'>{}</script><script type='module'>\n\tsecond()\r\n</script>",
        "_app/immutable/app.1a2b.js": SCRIPT,
        "_app/immutable/app.1a2b.js.gz": gzip.compress(SCRIPT),
        "data/tally/days.parquet": bytes(range(256)),
        "../secret": b"secret",
    }
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return site


@pytest.fixture(scope="module")
def get(site: Path) -> Iterator[Get]:
    with serving(site) as ask:
        yield ask


def test_a_part_of_a_file_can_be_asked_for(get: Get) -> None:
    answer = get("/data/tally/days.parquet", Range="bytes=250-255")

    assert (answer.status, answer.content) == (206, bytes(range(250, 256)))
    assert answer.headers["content-range"] == "bytes 250-255/256"


def test_a_part_of_a_packed_file_is_a_part_of_the_file_itself(get: Get) -> None:
    answer = get("/_app/immutable/app.1a2b.js", Range="bytes=0-6", Accept_Encoding="gzip")

    assert (answer.status, answer.content) == (206, SCRIPT[:7])
    assert "content-encoding" not in answer.headers


def test_packed_files_go_to_those_who_take_them(get: Get) -> None:
    packed = get("/_app/immutable/app.1a2b.js", Accept_Encoding="gzip, br")
    plain = get("/_app/immutable/app.1a2b.js", Accept_Encoding="identity")

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content == SCRIPT
    assert packed.headers["content-type"] == plain.headers["content-type"] == "text/javascript; charset=utf-8"


def test_only_what_never_changes_is_kept_by_the_reader(get: Get) -> None:
    assert "immutable" in get("/_app/immutable/app.1a2b.js").headers["cache-control"]
    for path in ("/", "/stores/", "/data/tally/days.parquet"):
        assert get(path).headers["cache-control"] == "no-cache"


def test_an_unknown_page_is_answered_with_the_sites_own(get: Get) -> None:
    answer = get("/nowhere/")

    assert (answer.status, answer.content) == (404, b"<h1>No such page</h1>")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/data/../../secret", "//secret", "/..%2fsecret"])
def test_nothing_outside_the_site_is_served(get: Get, path: str) -> None:
    assert get(path).status == 404


def directives(answer: Answer) -> dict[str, set[str]]:
    """The content security policy: sources by directive."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: set(sources) for name, *sources in parts}


def sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize(
    "path", ["/", "/stores", "/stores/", "/nowhere/", "/data/tally/days.parquet", "/_app/immutable/app.1a2b.js"]
)
def test_every_answer_says_what_a_browser_may_do(get: Get, path: str) -> None:
    answer = get(path)
    policy = directives(answer)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == {"'none'"}
    assert policy["script-src"] >= {"'self'", "'wasm-unsafe-eval'"}
    assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"} & policy["script-src"]
    assert "'unsafe-inline'" not in policy["style-src-elem"]
    assert policy["connect-src"] == {"'self'"}


def test_a_pages_own_scripts_and_styles_go_by_their_hashes(get: Get) -> None:
    """As a browser works them out: without the carriage return, which HTML has none of."""
    policy = directives(get("/stores/"))

    assert policy["script-src"] == {"'self'", "'wasm-unsafe-eval'", sha256("first()"), sha256("\n\tsecond()\n")}
    assert sha256("h1 { color: red }") in policy["style-src-elem"]
    assert sha256("first()") not in directives(get("/"))["script-src"]


def test_a_page_that_was_built_again_has_its_new_hashes(site: Path, get: Get) -> None:
    page = site / "again/index.html"
    page.parent.mkdir()
    for script in ("before()", "after()"):
        new = page.with_name("new")
        new.write_text(f"<script>{script}</script>", encoding="utf-8")
        new.rename(page)
        assert sha256(script) in directives(get("/again/"))["script-src"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:80"])
def test_this_machines_own_names_are_answered(get: Get, host: str) -> None:
    assert get("/", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3000", "", "a b", "[::2]"]
)
def test_a_host_that_nobody_allowed_is_refused(get: Get, host: str) -> None:
    """A page of another site cannot read this one by giving its own name the address of this machine."""
    answer = get("/", Host=host)

    assert (answer.status, b"Overview" in answer.content) == (400, False)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_other_hosts_are_allowed_by_name(site: Path) -> None:
    with serving(
        site, "--host", "0.0.0.0", "--allowed-host", "tally.example.org", "--allowed-host", "*.example.net"
    ) as ask:
        answers = {
            host: ask("/", Host=host).status
            for host in ("tally.example.org", "tally.example.org:8443", "a.example.net", "0.0.0.0", "localhost")
        }
        assert set(answers.values()) == {200}, answers
        assert {ask("/", Host=host).status for host in ("example.org", "example.net", "tally.example.com")} == {400}


@pytest.mark.parametrize("name", ["*", "tally.*", "*example.org"])
def test_a_pattern_that_stands_for_too_much_is_refused(site: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reports", "serve", "--out", str(site), "--port", "0", "--allowed-host", name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert (
        done.stderr
        == f"reports: {name} is not a host: give a name, an address, or *.example.org for all below a domain.\n"
    )
