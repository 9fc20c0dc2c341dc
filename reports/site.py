"""Builds the site's pages with Evidence's command line, in a fresh place, and swaps them in whole.

The pages hold no rows (`publishing/site.py` writes those), so they are built again only when they have changed themselves.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Timer

from filelock import AcquireReturnProxy, FileLock, Timeout

from reports.errors import SiteError
from reports.finish import finish

PROJECT = Path(__file__).parent
WORK = PROJECT / ".work"
CLI = PROJECT / "node_modules/@evidence-dev/evidence/cli.js"

PARTS = [
    "pages",
    "components",
    "queries",
    "static",
    "vite.config.js",
    "svelte.config.js",
    "package.json",
    "evidence.plugins.yaml",
    "evidence.settings.json",
    "tailwind.config.cjs",
]
"""What the pages are made of."""

PHRASES = PROJECT.parent / "locales/en.ftl"
"""And the phrases that they say until a publication brings those of its language."""

SOURCES = ".sources"
"""The file in a built site that says what it was built from."""

LONGEST_WAIT = 1800.0
"""Seconds to wait for another build to end."""

Progress = Callable[[str], None]
"""Called with a few words at each step."""


def build(out: Path, time_limit: float, progress: Progress) -> int | None:
    """Build the pages into `out`; return their number, or None where they are there already, of the same sources.

    The site that was in `out` stays until the new one is whole, and for good if it fails.

    Args:
        out: the site's folder.
        time_limit: seconds for Evidence's command line.
        progress: called at each step.

    Raises:
        SiteError: what failed.
    """
    try:
        sources = _digest()
        if (out / SOURCES).exists() and (out / SOURCES).read_text("utf-8") == sources:
            return None
        if not CLI.exists():
            raise SiteError("The site's packages are not installed: run `make setup`.")
        if not shutil.which("node"):
            raise SiteError("Node.js is not on the PATH: install version 20 or newer, then run `make setup`.")
        with _turn(progress):
            _prepare()
            _run_evidence(time_limit, progress)
            pages = _check()
            progress(f"putting {pages} pages in place")
            finish(WORK / "build")
            (WORK / "build" / SOURCES).write_text(sources, encoding="utf-8")
            _swap(WORK / "build", out)
    except OSError as error:
        raise SiteError(f"The site could not be written ({error}); the one before stays.") from None
    return pages


def _digest() -> str:
    """A hash of all that the pages are built from."""
    digest = hashlib.sha256()
    for part in [*PARTS, "package-lock.json"]:
        source = PROJECT / part
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file():
                digest.update(f"{file.relative_to(PROJECT)} {file.stat().st_size}\n".encode())
                digest.update(file.read_bytes())
    digest.update(PHRASES.read_bytes())
    return digest.hexdigest()


def _turn(progress: Progress) -> AcquireReturnProxy[FileLock]:
    """The lock of the folder that is built in: builds take their turns."""
    lock = FileLock(WORK.with_name(".work.lock"))
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        progress("waiting for another build of the site to end")
    try:
        return lock.acquire(timeout=LONGEST_WAIT)
    except Timeout:
        raise SiteError("Another build of the site is still under way: try again when it has ended.") from None


def _prepare() -> None:
    """A fresh project to build in: Evidence merges into what it finds and cleans nothing."""
    remove(WORK)
    WORK.mkdir()
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, WORK / part)
        elif source.exists():
            shutil.copy(source, WORK / part)
    shutil.copy(PHRASES, WORK / "components/en.ftl")
    (WORK / "node_modules").symlink_to("../node_modules", target_is_directory=True)


STEPS = {
    "building SSR bundle": "compiling the pages",
    "rendering chunks": "bundling",
    "Using @sveltejs/adapter-static": "writing the site",
}


def _run_evidence(time_limit: float, progress: Progress) -> None:
    """Run `evidence build`."""
    process = subprocess.Popen(
        ["node", str(CLI), "build", "--config", "../../vite.config.js"],
        cwd=WORK,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # its own children die with it
    )
    late = False

    def stop() -> None:
        nonlocal late
        late = True
        kill(process)

    timer = Timer(time_limit, stop)
    timer.daemon = True
    output: list[str] = []
    try:
        timer.start()
        progress("starting Evidence")
        steps = dict(STEPS)
        for line in _lines(process):
            output.append(line)
            for sign in [sign for sign in steps if sign in line]:
                progress(steps.pop(sign))
        code = process.wait()
    finally:
        timer.cancel()
        kill(process)
    log = WORK / "build.log"
    log.write_text("\n".join(output) + "\n", encoding="utf-8")
    if late:
        raise SiteError(f"Evidence had not ended after {time_limit:.0f} seconds: see {_shown(log)}.")
    if code != 0:
        raise SiteError(f"Evidence failed ({_cause(output)}): see {_shown(log)}.")


def environment() -> dict[str, str]:
    """The environment of Evidence's command line."""
    return os.environ | {
        "VITE_EVIDENCE_THEMES": "true",
        "NO_COLOR": "1",
        "DO_NOT_TRACK": "1",
        "CI": "true",
        # With V8's own 16 MB for what is new, a fifth of the time goes into collecting it.
        "NODE_OPTIONS": f"{os.environ.get('NODE_OPTIONS', '')} --max-semi-space-size=64".strip(),
    }


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip()


def kill(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a process that was started in a session of its own, with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _cause(output: list[str]) -> str:
    """What Evidence says of why it failed, in one line, without this machine's folders."""
    lines = iter(output)
    for line in lines:
        if line.startswith("error during build:"):
            cause = next(lines, "").strip()
            return cause.replace(f"{WORK}/.evidence/template/src/", "")
    return output[-1].strip() if output else "it printed nothing"


def _check() -> int:
    """Count the pages; Evidence's exit code says nothing.

    Raises:
        SiteError: there is no overview.
    """
    if not (WORK / "build/index.html").exists():
        raise SiteError(f"Evidence ended without a site: see {_shown(WORK / 'build.log')}.")
    return sum(1 for _ in (WORK / "build").rglob("index.html"))


def _swap(built: Path, out: Path) -> None:
    """Put the new site in the place of the old one; `out` may lie on another disk."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = out.with_name(out.name + ".new"), out.with_name(out.name + ".old")
    for leftover in (new, old):
        remove(leftover)
    shutil.copytree(built, new)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)  # what is left of it, the next build removes, or says why it cannot


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, if it is there."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _shown(path: Path) -> Path:
    return path.relative_to(PROJECT.parent)
