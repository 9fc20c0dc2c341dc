"""How the site is served, and what its CSV is to a spreadsheet."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

SCRIPT = b"console.log(1);" * 100
ROWS = json.dumps({"days": {"day": ["2026-11-22"] * 100}}).encode()


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
    places = ("--out", str(site), "--warehouse", str(site.parent / "shops.duckdb"))
    with subprocess.Popen(
        [sys.executable, "-m", "reports", "serve", *places, "--port", "0", *options],
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
        "../shops.site.versions/000001/tables/days.parquet": bytes(range(256)),
        "../shops.site.versions/000001/rows/overview.json": ROWS,
        "../shops.site.versions/000001/phrases.ftl": ROWS,
        "../shops.site.versions/000002/rows/overview.json": b"{}",
        "../secret": b"secret",
    }
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (site.parent / "shops.site").symlink_to("shops.site.versions/000001")
    return site


@pytest.fixture(scope="module")
def get(site: Path) -> Iterator[Get]:
    with serving(site) as ask:
        yield ask


def test_a_part_of_a_file_can_be_asked_for(get: Get) -> None:
    answer = get("/data/tables/days.parquet", Range="bytes=250-255")

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


@pytest.mark.parametrize(("path", "kind"), [("rows/overview.json", "application/json"), ("phrases.ftl", "text/plain")])
def test_rows_and_phrases_are_packed_for_those_who_take_them(get: Get, path: str, kind: str) -> None:
    packed = get(f"/data/{path}", Accept_Encoding="gzip")
    plain = get(f"/data/{path}", Accept_Encoding="identity")

    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 5
    assert gzip.decompress(packed.content) == plain.content == ROWS
    assert packed.headers["content-type"].startswith(kind)
    assert get(f"/data/{path}", If_None_Match=packed.headers["etag"]).status == 304


def test_a_new_publication_is_served_at_once(site: Path) -> None:
    """The link to the newest version moves while the server runs."""
    with serving(site) as ask:
        assert ask("/data/rows/overview.json").content == ROWS
        link, new = site.parent / "shops.site", site.parent / "new"
        new.symlink_to("shops.site.versions/000002")
        new.rename(link)
        assert ask("/data/rows/overview.json").content == b"{}"
        new.symlink_to("shops.site.versions/000001")
        new.rename(link)


def test_pages_are_served_before_anything_was_published(site: Path, tmp_path: Path) -> None:
    with serving(site, "--warehouse", str(tmp_path / "none.duckdb")) as ask:
        assert ask("/").status == 200
        assert ask("/data/site.json").status == 404


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("/stores/paris/", "/store/?store=paris"),
        ("/sensors/paris-1/", "/sensor/?sensor=paris-1"),
        ("/air/7/", "/station/?station=7"),
        ("/stores/a%26b%23c/", "/store/?store=a%26b%23c"),
    ],
)
def test_the_address_that_an_entity_once_had_leads_to_its_page(get: Get, before: str, now: str) -> None:
    answer = get(before)

    assert (answer.status, answer.headers["location"]) == (301, now)


def test_only_what_never_changes_is_kept_by_the_reader(get: Get) -> None:
    assert "immutable" in get("/_app/immutable/app.1a2b.js").headers["cache-control"]
    for path in ("/", "/stores/", "/data/tables/days.parquet"):
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
    "path", ["/", "/stores", "/stores/", "/nowhere/", "/data/tables/days.parquet", "/_app/immutable/app.1a2b.js"]
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
