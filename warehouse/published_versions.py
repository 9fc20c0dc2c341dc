"""How a new version of the published marts takes the place of the old.

`<warehouse>.marts` is a link to one version under `<warehouse>.marts.versions/`. A version is written whole before the
link moves, so that a reader, or a kill at any moment, sees the old set or the new one and never a mixture.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

logger = logging.getLogger(__name__)


def versions_folder(folder: Path) -> Path:
    """Where the versions lie that the link `folder` points to."""
    return folder.with_name(folder.name + ".versions")


def new_version(folder: Path) -> Path:
    """An empty folder for the next version; the caller holds the lock."""
    versions = versions_folder(folder)
    number = max((int(v.name) for v in versions.glob("*") if v.name.isdigit()), default=0) + 1
    version = versions / f"{number:06}"
    version.mkdir(parents=True)
    return version


def swap(folder: Path, version: Path) -> None:
    """Make `version` the published one. The version before it stays, for readers that are in the middle of it."""
    for file in version.iterdir():
        flush(file)
    flush(version)
    before = folder.resolve() if folder.exists() else None
    if folder.is_dir() and not folder.is_symlink():  # a copy that has lost its link, from a backup for instance
        before = new_version(folder)
        before.rmdir()
        folder.rename(before)
    link = folder.with_name(folder.name + ".new")
    link.unlink(missing_ok=True)
    link.symlink_to(version.relative_to(folder.parent), target_is_directory=True)
    link.replace(folder)
    flush(folder.parent)
    for other in versions_folder(folder).iterdir():
        if other.resolve() not in (version.resolve(), before):
            try:
                shutil.rmtree(other)
            except OSError as error:  # what is published is published; the next time tries again
                logger.warning("the old version %s could not be removed (%s)", other, error.strerror)


def flush(path: Path) -> None:
    """On to the disk, so that a power cut cannot leave a link to files that are still empty."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
