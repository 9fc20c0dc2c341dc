"""Shows one page while it is written: Vite's development server in Evidence's project, with the page's rows, again at each save.

Evidence's own command line would start Node.js three times and copy each file twice: its project is filled here.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from publishing.publication import PublishingError
from publishing.site import OVERVIEW, read_pages, write_site
from reports.errors import SiteError
from reports.site import CLI, PARTS, PHRASES, PROJECT, environment, kill, remove
from warehouse.paths import WarehousePaths

WORK = PROJECT / ".work.dev"
SITE = WORK / ".evidence/template"
"""Where Evidence's files look for the project two folders above."""
VITE = PROJECT / "node_modules/vite/bin/vite.js"
SQL = ("queries", "views", "sources", "macros.sql")
PAUSE = 0.3


def dev(name: str, warehouse: Path, port: int, say: Callable[[str], None]) -> None:
    """Serve one page of the project until interrupted.

    Args:
        name: the page's folder under `reports/pages`, or `overview`.
        warehouse: the DuckDB file whose newest publication it shows.
        port: where Evidence's server listens, on 127.0.0.1.
        say: called with a line at each thing that happens.

    Raises:
        SiteError: there is no such page, nothing was published, or the server ended.
    """
    names = [page.name for page in read_pages(PROJECT)]
    if name not in names:
        raise SiteError(f"There is no page {name}: the pages are {', '.join(names)}.")
    marts = WarehousePaths(warehouse).marts
    if not marts.exists():
        raise SiteError(f"Nothing was published beside {warehouse}: run `make run`, or `make publish`.")
    _prepare(name)
    seen = _state(name)
    command = ["node", str(VITE), "dev", "--config", "../../vite.config.js"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--strictPort"],
        cwd=SITE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _write_rows(marts, name, say)  # while the server starts
        address = "" if name == OVERVIEW else f"{name}/"
        while server.poll() is None and not _answers(port):
            time.sleep(PAUSE)
        if server.poll() is None:
            say(f"http://127.0.0.1:{port}/{address} shows {name}; each save shows at once. Ctrl-C ends it.")
        while server.poll() is None:
            time.sleep(PAUSE)
            now = _state(name)
            if changed := [file for file in now if seen.get(file) != now[file]]:
                seen = now
                if any(_is_sql(file) for file in changed):
                    _write_rows(marts, name, say)
                    changed.append(_page(name))  # its own change makes the browser load it again
                for file in changed:
                    _copy(file)
    finally:
        kill(server)
    raise SiteError("Vite's development server has ended: is the port taken? Choose another with --port.")


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _page(name: str) -> Path:
    return PROJECT / "pages" / ("index.md" if name == OVERVIEW else f"{name}/index.md")


def _files(name: str) -> list[Path]:
    """What the page is made of: nothing of the other pages, so that there is little to compile."""
    files = [
        _page(name),
        PHRASES,
        *(PROJECT / "pages").glob("+*"),
        *(PROJECT / "views").glob("*.sql"),
        PROJECT / "macros.sql",
    ]
    files += (PROJECT / "sources").glob("*.sql")
    for part in PARTS:
        if part != "pages":
            files += [file for file in (PROJECT / part).rglob("*") if file.is_file()] or [PROJECT / part]
    return [file for file in files if file.exists()]


def _state(name: str) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in _files(name)}


def _prepare(name: str) -> None:
    remove(WORK)
    shutil.copytree(CLI.parent / "template", SITE)
    shutil.copyfile(PROJECT / "svelte.dev.js", SITE / "svelte.config.js")
    for file in _files(name):
        _copy(file)
    (WORK / "node_modules").symlink_to("../node_modules", target_is_directory=True)


def _is_sql(file: Path) -> bool:
    return file != PHRASES and file.relative_to(PROJECT).parts[0] in SQL


def _copy(file: Path) -> None:
    """Put a file where Evidence has it; the SQL is for the rows alone."""
    if _is_sql(file):
        return
    if file == PHRASES:
        copy = SITE / "src/components" / file.name
    elif file.relative_to(PROJECT).parts[0] in ("pages", "components"):
        copy = SITE / "src" / file.relative_to(PROJECT)
    else:
        copy = (SITE if file.is_relative_to(PROJECT / "static") else WORK) / file.relative_to(PROJECT)
    if file.name == "index.md":
        copy = copy.with_name("+page.md")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)


def _write_rows(marts: Path, name: str, say: Callable[[str], None]) -> None:
    data = SITE / "static/data"
    remove(data)
    data.mkdir(parents=True)
    try:
        write_site(marts.resolve(), data, PROJECT, only=name)
    except PublishingError as error:  # a page that is being written may be wrong for a while
        say(str(error))
