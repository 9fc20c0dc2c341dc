"""What takes long to make is made once a session, by whichever of pytest-xdist's workers asks first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder called `name` that all workers share: `make` fills it, once; others wait and find it filled.

    Nobody changes what is in it: who wants to takes a copy. Where `make` failed, the others fail at once.
    """
    return made_once_in(shared_by_all(factory.getbasetemp()), name, make)


def shared_by_all(base: Path) -> Path:
    """The session's folder, in which a worker's own `base` lies."""
    return base.parent if base.name.startswith("popen-") else base


def made_once_in(shared: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The same, where the session's folder is known."""
    folder, failed = shared / name, shared / f"{name}.failed"
    with FileLock(shared / f"{name}.lock"):
        if failed.exists():
            pytest.fail(f"{name} could not be made: {failed.read_text('utf-8')}")
        if not folder.exists():
            folder.mkdir()
            try:
                make(folder)
            except BaseException as error:
                failed.write_text(f"{type(error).__name__}: {error}", "utf-8")
                raise
    return folder
