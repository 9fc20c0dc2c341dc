"""What a publication is, where it lies, and how a new one takes the place of the old.

`<warehouse>.marts` is a link to one version under `<warehouse>.marts.versions/`. A version holds one
`<mart>.parquet` a mart and `publication.json`; it is written whole before the link moves, so that a reader, or a
kill at any moment, sees the old set or the new one and never a mixture.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

STATE = "publication.json"


class PublishingError(Exception):
    """A foreseeable trouble: one line that ends with what to do next."""


class Publication(BaseModel):
    """The state of what is published.

    Attributes:
        published_at: when these files were written (UTC); null while nothing was ever published.
        build_run_id: the dbt run in `raw_operations.runs` that made them.
        built_at: when that run ended (UTC).
        marts: rows of each mart.
        keys: the columns that tell a mart's rows apart, for the marts that are tested to have such.
        stale_since: when a later build first failed (UTC); null while these are the newest figures.
        stale_reason: what failed then, in one line.
    """

    published_at: datetime | None = None
    build_run_id: str | None = None
    built_at: datetime | None = None
    marts: dict[str, int] = {}
    keys: dict[str, list[str]] = {}
    stale_since: datetime | None = None
    stale_reason: str | None = None


def marts_folder(warehouse: Path) -> Path:
    """Where a warehouse's published marts are: `data/warehouse.marts` for `data/warehouse.duckdb`."""
    return warehouse.with_name(warehouse.name.removesuffix(".duckdb") + ".marts")


def versions_folder(folder: Path) -> Path:
    return folder.with_name(folder.name + ".versions")


def read_publication(folder: Path) -> Publication:
    """The state beside the Parquet files; an empty one where nothing was published.

    Raises:
        PublishingError: the state cannot be read.
    """
    try:
        return Publication.model_validate_json((folder / STATE).read_bytes())
    except FileNotFoundError:
        return Publication()
    except (OSError, ValidationError) as error:
        raise PublishingError(f"{folder / STATE} cannot be read ({_first_line(error)}): publish again.") from None


def write_state(version: Path, publication: Publication) -> None:
    """Write the state whole: beside, then renamed."""
    beside = version / f"{STATE}.new"
    beside.write_text(publication.model_dump_json(indent=2) + "\n", encoding="utf-8")
    _flush(beside)
    beside.replace(version / STATE)
    _flush(version)


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
        _flush(file)
    _flush(version)
    before = folder.resolve() if folder.exists() else None
    if folder.is_dir() and not folder.is_symlink():  # a copy that has lost its link, from a backup for instance
        before = new_version(folder)
        before.rmdir()
        folder.rename(before)
    link = folder.with_name(folder.name + ".new")
    link.unlink(missing_ok=True)
    link.symlink_to(version.relative_to(folder.parent), target_is_directory=True)
    link.replace(folder)
    _flush(folder.parent)
    for other in versions_folder(folder).iterdir():
        if other.resolve() not in (version.resolve(), before):
            shutil.rmtree(other, ignore_errors=True)


def _flush(path: Path) -> None:
    """On to the disk, so that a power cut cannot leave a link to files that are still empty."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
