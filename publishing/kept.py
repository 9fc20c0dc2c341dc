"""What a version takes over from the one before it: files whose inputs are the same and that are as they were written.

Most of a publication is what it was before: an order changes neither a sensor nor an air station. Files are taken over as hard links.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError


class Written(BaseModel):
    """A file, or a folder of files, as it was written.

    Attributes:
        inputs: a digest of all that decides what is in it.
        content: a digest of what is in it, by which damage is noticed.
    """

    inputs: str
    content: str


_WRITTEN = "written.json"
_RECORDS = TypeAdapter(dict[str, Written])


def digest(*parts: str) -> str:
    """SHA-256 of texts, in hexadecimal digits; where one ends and the next begins counts."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode()
        found.update(f"{len(data)}:".encode() + data)
    return found.hexdigest()


def written(path: Path, inputs: str) -> Written:
    """What is at `path` now, which may be a file, a folder, or nothing.

    Raises:
        OSError: a file cannot be read.
    """
    found = hashlib.sha256()
    for file in _files(path):
        with file.open("rb") as content:
            found.update(f"{file.relative_to(path).as_posix()}:{os.fstat(content.fileno()).st_size}:".encode())
            while block := content.read(1 << 20):
                found.update(block)
    return Written(inputs=inputs, content=found.hexdigest())


def take_over(before: Path, path: Path, record: Written | None, inputs: str) -> bool:
    """Link at `path`, where nothing is yet, to what is at `before`; False, and nothing is there, where it has to be written anew.

    Args:
        before: the file or folder in the version before.
        path: its place in the new version.
        record: how `before` was written; None where that is not known.
        inputs: what decides now what is in it.
    """
    try:
        if record is None or record.inputs != inputs or written(before, inputs) != record:
            return False
        for file in _files(before):
            target = path / file.relative_to(before)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, target)
    except OSError:  # it cannot be read, or the file system has no links
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        return False
    return True


class Version:
    """A folder that is being written, and what it takes over from the one before.

    `written.json` in it says how each of its files and folders was written.
    """

    def __init__(self, folder: Path, before: Path | None) -> None:
        """Take an empty folder, and the one before it, if there is one."""
        self._folder = folder
        self._before = before
        self._records: dict[str, Written] = {}
        self._records_before: dict[str, Written] = {}
        if before:
            with suppress(FileNotFoundError, ValidationError):  # an older Tally's, or damaged: all is written anew
                self._records_before = _RECORDS.validate_json((before / _WRITTEN).read_bytes())

    def put(self, place: str, inputs: str, write: Callable[[Path], None]) -> None:
        """Have a file or folder at `place`: that of the version before where the inputs are the same, or what `write` makes there."""
        path = self._folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        record = self._records_before.get(place)
        if self._before and record and take_over(self._before / place, path, record, inputs):
            self._records[place] = record
            return
        write(path)
        self._records[place] = written(path, inputs)

    def write_records(self) -> None:
        """Write `written.json`."""
        (self._folder / _WRITTEN).write_bytes(_RECORDS.dump_json(self._records))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [path] if path.exists() else []
