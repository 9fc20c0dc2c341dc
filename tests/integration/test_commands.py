"""Every command that README, tour and production.md show works on what `make run` left, and prints what it is shown for.

The commands are taken from the pages: blocks of shell, blocks of SQL, and commands within a sentence. They run in the order in
which they are shown, one shell for each page, in a copy of the project. What a reader would fill in is in `filled_in`. A
command that is shown and is not in COMMANDS fails the test, and so does one in COMMANDS that is no longer shown.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests import flow, preloaded
from tests.clone import clone
from tests.servers import find, free_port, postgresql
from tests.smtp import Inbox
from tests.whole_flow import ORDERS_RATE, addresses, clean, started, whole_flow

pytestmark = pytest.mark.timeout(1800)

PAGES = ("docs/tour.md", "docs/production.md", "README.md")
NEXT_DAY = "2026-11-13T09:20:00Z"
"""The providers' clock here: a day after that of the flow which made the warehouse."""


@dataclass(frozen=True)
class Runs:
    """It ends well, and what it prints matches each pattern of `says`; `instead` runs in its place."""

    says: tuple[str, ...] = ()
    instead: str = ""
    code: int = 0


@dataclass(frozen=True)
class Serves:
    """It is started with `--port 0`, asked once for `path`, whose answer holds `says`, and stopped."""

    path: str
    says: str


@dataclass(frozen=True)
class Loops:
    """It is started, and stopped once it has printed a line that matches `says`."""

    says: str


@dataclass(frozen=True)
class SameAs:
    """It is another command of the list in shorter words."""

    command: str


@dataclass(frozen=True)
class NotHere:
    """It does not run here, and why; `recipe` is what `make` would run."""

    why: str
    recipe: str = ""


Command = Runs | Serves | Loops | SameAs | NotHere

BUILT = (r"Done\. PASS=\d+ WARN=\d+ ERROR=0 ",)
DIGEST = (r"Paris", r"Madrid")
LOOP = "python -m orchestration run --every 2m --site-every 1h"
PLAYBOOK = "test_ansible runs the playbook against a machine of its own"
NO_ENGINE = "there is no container engine; tests/integration/test_deploy.py checks the file"

COMMANDS: dict[str, Command] = {
    # make
    "make run": NotHere("what it runs made the warehouse", ".venv/bin/python -m orchestration run"),
    "make test": NotHere("this is it"),
    "make lint": NotHere("it looks at the code only"),
    ".ci/run": NotHere("it is `make lint` and `make test`"),
    "make bench": NotHere("it takes over an hour", ".venv/bin/python -m benchmarks"),
    "make evaluate": NotHere("test_evaluate runs it", ".venv/bin/python -m benchmarks.evaluate"),
    "make docs": NotHere("tests/browser/test_docs_pages.py runs it", ".venv/bin/python -m tools build"),
    "make reports": NotHere("the browser's tests run it", ".venv/bin/python -m reports build"),
    "make airflow": NotHere("test_airflow runs its schedules", "orchestration/airflow/serve"),
    "make demo": NotHere("it records for minutes; test_demo plays its scenes", ".venv/bin/python -m tools demo"),
    "make superset": NotHere("tests/browser/test_superset.py starts it", "deploy/superset/serve"),
    "make mcp": NotHere("test_agents asks it", ".venv/bin/python -m metrics mcp"),
    "make diff": Runs((r"UTC: \d+ marts differ, \d+ are equal\.",)),
    ".venv/bin/python -m metrics query visits coverage_pct --by store,week": Runs((r"(?m)^ store +metric_time__week +visits +coverage_pct",)),
    "make help": Runs((r"make run ", r"make restore ")),
    "make serve": Serves("/", "<html"),
    "make api": Serves("/footfall/v1/stores", '"store_id"'),
    "make ingest": Runs((r"(?m)^ingest .* [\d,]+ rows new",)),
    "make build": Runs(BUILT),
    "make publish": Runs((r"Published \d+ marts \([\d,]+ rows\) to data/warehouse\.marts",)),
    "make slim": Runs((r"Nothing to do|does not match any|PASS=\d+ WARN=\d+ ERROR=0",)),
    "make backup": Runs((r"warehouse\.\d{8}T\d{6}Z\.tar\.zst, [\d.,]+ MB",)),
    "make restore": Runs((r"the warehouse of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC",)),
    "make restore UNTIL=2026-11-21": SameAs("make restore"),
    "make compact": Runs((r"[\d.,]+ MB before, [\d.,]+ MB now",)),
    # dbt
    "dbt build": SameAs("make build"),
    ".venv/bin/dbt build": SameAs("make build"),
    "dbt build --select …": Runs(BUILT, instead="dbt build --select dim_stores"),
    # Python
    ".venv/bin/python -c": Runs((r"paris", r"\d{4}-\d\d-\d\d")),
    ".venv/bin/python -m notifications digest": Runs(DIGEST),
    ".venv/bin/python -m notifications report --out data/reports": Runs((r"(?m)^report: data/reports/tally-week-[0-9-]+\.html ",)),
    ".venv/bin/python -m notifications alerts": Runs((r"(?m)^alerts: (sent to 1 of 1|nothing new)",)),  # the loop may have mailed
    ".venv/bin/python -m orchestration run --every 2m": SameAs(LOOP),
    "orchestration run --every 2m": SameAs(LOOP),
    LOOP: Loops(r"cycle: [\d,]+ rows new"),
    ".venv/bin/python -m publishing to postgresql://user:password@host/database": Runs((r"(?m)^[1-9]\d* marts copied, 0 ",)),
    "publishing to env:NAME": Runs(
        (r"(?m)^[1-9]\d* marts copied, 0 ",), instead="NAME=sqlite:///data/copy.sqlite python -m publishing to env:NAME"
    ),
    "python -m mock_api --help": Runs((r"--seed", r"--now", r"--history", r"--orders-rate", r"--chaos")),
    ".venv/bin/python -m ingestion forget-customer 4711": Runs((r"Customer \d+ is forgotten", r"[1-9]\d* versions")),
    ".venv/bin/python -m ingestion accept retail": Runs((r"No file of retail is refused",)),
    "python -m ingestion --reconcile 30": Runs((r"(?m)^orders .* ok",)),
    ".venv/bin/python -m tools.holidays AU": Runs((r"holidays\.csv: [1-9]\d* holidays added",)),
    "dbt source freshness": Runs((r"source freshness|PASS|WARN",)),
    "python -m reports serve": SameAs("make serve"),
    "python -m reports serve --allowed-host tally.example.org": Serves("/", "<html"),
    "python -m reports serve --host 10.0.0.5 --allowed-host '*.shops.example.org'": Serves("/", "<html"),
    # README, a real provider
    "export SOURCES__FOOTFALL__BASE_URL=https://counting.example/footfall/v1": Runs(),
    "export SOURCES__FOOTFALL__API_KEY=…": Runs(),
    "export SOURCES__RETAIL__SALES_URL=https://sheets.example/ventes.csv": Runs(),
    "export SOURCES__AIR_QUALITY__STATION_IDS='[283164601, 283181971]'": Runs(),
    "export TALLY_WAREHOUSE=/srv/tally/shops.duckdb": Runs(),
    "A real provider: make run": Runs(
        (r"(?m)^ingest .* [1-9][\d,]* rows new",), instead="python -m orchestration run --step ingest"
    ),
    # The tour
    "export TALLY_WAREHOUSE=/tmp/tour/warehouse.duckdb SOURCES__FOOTFALL__BASE_URL=http://127.0.0.1:8765/footfall/v1": Runs(),
    ".venv/bin/python -m mock_api --port 8765 --now 2026-03-28T12:00:00Z --history 2026-02-01 &": Runs(),
    ".venv/bin/python -m mock_api --port 8765 --now 2026-03-31T12:00:00Z --history 2026-02-01 &": Runs(),
    ".venv/bin/python -m mock_api --port 8765 --chaos 0.3 &": Runs(),
    ".venv/bin/python -m ingestion footfall && .venv/bin/dbt build": Runs((r"footfall", *BUILT)),
    ".venv/bin/python -m ingestion footfall": Runs((r"footfall",)),
    "kill $!; wait $!": Runs(code=128 + signal.SIGTERM),
    "kill $!": Runs(),
    # production.md
    "cp deploy/ansible/inventory.example.yaml deploy/ansible/inventory.yaml": Runs(),
    "make release": NotHere(PLAYBOOK),
    "make release VERSION=v0.1.0": NotHere(PLAYBOOK),
    "make release VERSION=v0.2.0": NotHere(PLAYBOOK),
    'make release VERSION=v0.2.0 ARGS="-e tally_limit_pct=5"': NotHere(PLAYBOOK),
    'make release VERSION=v0.1.0 ARGS="-e tally_limit_pct=100"': NotHere(PLAYBOOK),
    "make audit": NotHere("it asks the network, whose answer is no test"),
    "git ls-remote https://github.com/actions/checkout v4.3.1": NotHere("it asks the network"),
    "python -m orchestration restore --into data/preproduction.duckdb": Runs((r"the warehouse of \d{4}-",)),
    # Another target folder, as another target parses all anew, and so would the next command again.
    "TALLY_WAREHOUSE=data/preproduction.duckdb dbt build --target prod": Runs(
        BUILT, instead="DBT_TARGET_PATH=target/prod TALLY_WAREHOUSE=data/preproduction.duckdb dbt build --target prod"
    ),
    "TALLY_WAREHOUSE=data/preproduction.duckdb python -m notifications digest": Runs(DIGEST),
    "git switch --detach v0.1.0 && make setup": Runs((r"HEAD is now at|Already",)),
    "git switch --detach v0.2.0 && make setup": Runs((r"HEAD is now at",)),
    "export MARIADB_PASSWORD=…": Runs(),
    "docker compose -f deploy/compose.yaml up --build": NotHere(NO_ENGINE),
    "docker compose -f deploy/compose.yaml exec superset cat /superset/password": NotHere(NO_ENGINE),
    "docker compose -f deploy/compose.yaml --profile mariadb up -d mariadb": NotHere(NO_ENGINE),
    'docker compose -f deploy/compose.yaml exec -e COPY_URL="mariadb://tally:$MARIADB_PASSWORD@mariadb/tally" worker '
    "python -m publishing to env:COPY_URL": Runs(
        (r"(?m)^[1-9]\d* marts copied, 0 ",),
        instead="COPY_URL=sqlite:///data/$MARIADB_PASSWORD.sqlite python -m publishing to env:COPY_URL",
    ),
    "apt-get install chromium": NotHere(".ci/run installs it"),
    "apt-get install mariadb-server postgresql": NotHere(".ci/run installs them"),
}  # fmt: skip
FIRST: Mapping[str, tuple[str, ...]] = {"docs/production.md": ("make backup",)}
"""What a page takes for done: production has had a back-up."""

IN_A_SENTENCE = re.compile(
    r"(\.venv/bin/\S+ |python -m |make \w|dbt \w|docker compose |git |apt-get |\.ci/|publishing to|orchestration run)"
)


@dataclass(frozen=True)
class Shown:
    """A command as it is shown on a page: its text without the comment behind it, the heading it is under, its language, whether it
    stands within a sentence (a block is always run, a sentence's command only if it has not been)."""

    text: str
    heading: str
    language: str
    is_sentence: bool = False


def shown(page: str) -> list[Shown]:
    """All commands of a page, in order."""
    found: list[Shown] = []
    heading = ""
    lines = iter((flow.PROJECT / page).read_text("utf-8").splitlines())
    for line in lines:
        if fence := re.match(r"( *)```(\w*)$", line):
            block = []
            for inner in lines:
                if inner.strip() == "```":
                    break
                block.append(inner.removeprefix(fence[1]))
            if fence[2] in ("bash", "sh"):
                found += [Shown(each, heading, "bash") for each in commands_in(block)]
            elif fence[2] == "sql":
                found.append(Shown("\n".join(block), heading, "sql"))
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        else:
            spans = re.findall(r"`([^`]+)`", line)
            found += [Shown(span, heading, "bash", True) for span in spans if IN_A_SENTENCE.match(span)]
    return found


def commands_in(block: list[str]) -> list[str]:
    """The commands of a block of shell, without comments, each whole: one may go over several lines."""
    found, text = [], ""
    for line in block:
        text += line.lstrip() if text.endswith(" ") else line
        if text.endswith("\\"):
            text = text.removesuffix("\\").rstrip() + " "
        elif subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False).returncode:
            text += "\n"
        else:
            found.append(re.sub(r"(^|\s+)#.*$", "", text).strip())
            text = ""
    assert not text, f"no end: {text}"
    return [command for command in found if command]


class Terminal:
    """A shell that keeps its variables and its jobs from one command to the next."""

    def __init__(self, project: Path, environment: dict[str, str]) -> None:
        self.project = project
        self.environment = environment
        self.process = subprocess.Popen(
            ["bash"],
            cwd=project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        # What set-up would install is there already, linked into the copy.
        stamps = [".venv/.runtime", ".venv/.docs", ".venv/.test", ".venv/.lint", "reports/node_modules/.installed"]
        stamps += ["orchestration/airflow/.venv/.installed", ".venv/bin/uv"]
        self.run(f'make() {{ command make {" ".join(f"-o {stamp}" for stamp in stamps)} "$@"; }}')

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.put(line)

    def run(self, command: str) -> tuple[int, str]:
        """A command's exit code, and what was printed until it had ended."""
        assert self.process.stdin is not None
        script = self.project / ".command"
        script.write_text(command + "\n", "utf-8")
        self.process.stdin.write('. ./.command </dev/null; echo "ended with $?"\n')
        self.process.stdin.flush()
        printed = ""
        while True:
            line = self.lines.get(timeout=900)
            if ended := re.search(r"ended with (\d+)\n$", line):
                return int(ended[1]), printed + line[: ended.start()]
            printed += line

    def recipe(self, command: str) -> str:
        """What `make …` would run, in one line; any other command as it is."""
        if not command.startswith("make "):
            return command
        code, printed = self.run(f"make --dry-run {command.removeprefix('make ')}")
        assert code == 0, printed
        return printed.strip().splitlines()[-1]

    def close(self) -> None:
        """End the shell and all that it left running."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the whole flow left, in a git repository with two releases."""
    left = whole_flow(tmp_path_factory)
    git = find("git", "git")
    copy = clone(tmp_path_factory.mktemp("commands") / "project")
    shutil.copytree(
        left / "data", copy / "data", symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copytree(left / "reports" / "build", copy / "reports" / "build")
    (copy / ".venv").unlink()
    preloaded.programs(copy / ".venv/bin")
    for arguments in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "commit", "--quiet", "--message", "all"),
        ("tag", "v0.1.0"),
        ("tag", "v0.2.0"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run([git, *arguments], cwd=copy, check=True, stdin=subprocess.DEVNULL)
    return copy


@pytest.fixture(scope="module")
def filled_in(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What a reader puts in the place of what the pages can only give an example of: servers that are there, and so on."""
    folder = tmp_path_factory.mktemp("elsewhere")
    customers = flow.query(
        project / "data" / "warehouse.duckdb",
        "select min(customer_id) from raw_orders.customers where name is not null",
    )
    with ExitStack() as running:
        database = running.enter_context(postgresql())
        world = ("--world", "seeds", "--now", NEXT_DAY, "--orders-rate", ORDERS_RATE)
        provider = running.enter_context(started("mock_api", *world))
        locked = running.enter_context(started("mock_api", *world, "--history", "2026-11-10", "--api-key", "a-key"))
        yield {
            "postgresql://user:password@host/database": database,
            "https://counting.example": locked,
            "https://sheets.example/ventes.csv": f"{provider}/retail/ventes.csv",
            "API_KEY=…": "API_KEY=a-key",
            "PASSWORD=…": "PASSWORD=copy-of-the-marts",
            "/srv/tally": str(folder),
            "/tmp/tour": str(folder / "tour"),
            "8765": str(free_port()),
            "4711": str(customers[0][0]),
            "10.0.0.5": "127.0.0.1",
            "2026-11-21": f"{datetime.now(UTC):%Y-%m-%d}",
            "provider": provider,
        }


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """Where the alerts go."""
    inbox = Inbox()
    inbox.up()
    yield inbox
    inbox.down()


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    """A page of the documentation."""
    page: str = request.param
    return page


@pytest.fixture
def terminal(page: str, project: Path, filled_in: dict[str, str], inbox: Inbox) -> Iterator[Terminal]:
    """A shell in the copy, its sources pointed to providers that are a day further."""
    environment = clean() | addresses(filled_in["provider"])
    environment |= {
        "PATH": f"{project / '.venv/bin'}:{os.environ['PATH']}",
        "PUBLISHING__ALERT_URLS": inbox.url,
        # Unit tests look at no warehouse, and the whole flow has run them; data tests run where all is built once.
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test" if page == "docs/production.md" else "test unit_test",
        "COLUMNS": "200",
    }
    terminal = Terminal(project, environment)
    yield terminal
    terminal.close()


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The commands that have been run."""
    return set()


def test_every_command_works(
    page: str, terminal: Terminal, filled_in: dict[str, str], seen: set[str], inbox: Inbox
) -> None:
    for command in FIRST.get(page, ()):
        code, printed = terminal.run(command)
        assert code == 0, printed
    wrong = []
    for each in shown(page):
        if each.is_sentence and each.text in seen:
            continue
        seen.add(each.text)
        error = (
            wrong_with_sql(terminal, each.text)
            if each.language == "sql"
            else wrong_with(terminal, each, filled_in, seen)
        )
        if error:
            wrong.append(f"{each.text}\n  {error}")
    assert not wrong, "\n\n".join(wrong)
    assert any(subject.startswith("Tally: alerts") for subject, _ in inbox.mails)  # the loop's, or the command's


def test_every_command_that_is_known_is_shown() -> None:
    all_shown = {key for page in PAGES for each in shown(page) for key in keys(each)}
    asked_for = {command.command for command in COMMANDS.values() if isinstance(command, SameAs)}
    assert len(all_shown & set(COMMANDS)) > 40  # the search itself works
    assert set(COMMANDS) - all_shown - asked_for == set()


def keys(each: Shown) -> list[str]:
    """What a command may be called in COMMANDS."""
    if each.text.startswith('.venv/bin/python -c "'):
        return [".venv/bin/python -c"]
    return [f"{each.heading}: {each.text}", each.text]


def wrong_with(terminal: Terminal, each: Shown, filled_in: dict[str, str], seen: set[str]) -> str | None:
    """Run a command; what is wrong with it, None where nothing is."""
    key = next((key for key in keys(each) if key in COMMANDS), None)
    if key is None:
        return "it is not in COMMANDS: say there how it is run, and what it prints"
    command, shell = COMMANDS[key], each.text
    if isinstance(command, SameAs):
        shell = command.command
        if shell in seen:
            return None
        seen.add(shell)
        command = COMMANDS[shell]
    assert not isinstance(command, SameAs)
    if isinstance(command, NotHere):
        if command.recipe and (recipe := terminal.recipe(shell)) != command.recipe:
            return f"it would run {recipe!r}, not {command.recipe!r}"
        return None
    if isinstance(command, Runs) and command.instead:
        shell = command.instead
    for example, value in filled_in.items():
        shell = shell.replace(example, value)
    if isinstance(command, Runs):
        code, printed = terminal.run(shell)
        missing = [pattern for pattern in command.says if not re.search(pattern, printed)]
        if code != command.code or missing or "Traceback" in printed:
            return f"ended with {code}; {missing} not in:\n{printed[-3000:]}"
        return None
    if isinstance(command, Serves):
        return wrong_with_server(terminal, f"{terminal.recipe(shell)} --port 0", command)
    return wrong_with_loop(terminal, shell, command)


def wrong_with_sql(terminal: Terminal, sql: str) -> str | None:
    """Ask a query in the copy of the project: it has rows."""
    script = "import duckdb, sys; print(len(duckdb.sql(sys.stdin.read()).fetchall()), 'rows')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=terminal.project, input=sql, text=True, capture_output=True, check=False
    )
    return None if re.fullmatch(r"[1-9]\d* rows\n", done.stdout) else done.stdout + done.stderr


def wrong_with_server(terminal: Terminal, shell: str, command: Serves) -> str | None:
    """Start a server, ask it once, stop it."""
    with background(terminal, shell) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://[\d.]+:\d+", line)
        if not address:
            return f"it names no address: {line!r}"
        with urlopen(address.group() + command.path, timeout=60) as answer:
            body = answer.read().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    return None if command.says in body else f"it answered {body[:1000]}"


def wrong_with_loop(terminal: Terminal, shell: str, command: Loops) -> str | None:
    """Start the loop, wait for a line, stop it."""
    with background(terminal, shell) as process:
        assert process.stdout is not None
        seen = ""
        while not re.search(command.says, seen):
            line = process.stdout.readline()
            if not line:
                return f"it ended with {process.wait()}:\n{seen}"
            seen += line
        process.terminate()
        try:
            process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            return f"stopped, it or what it started went on:\n{seen}"
    return None if process.returncode == 0 else f"stopped, it ended with {process.returncode}:\n{seen}"


@contextmanager
def background(terminal: Terminal, shell: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, with the terminal's environment; nothing of it is left."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {shell}"],
        cwd=terminal.project,
        env=terminal.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
