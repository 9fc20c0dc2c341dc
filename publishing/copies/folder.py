"""Copies as files, in a folder or an object store that fsspec knows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import fsspec
from fsspec.implementations.local import LocalFileSystem
from pydantic import BaseModel, ValidationError

from publishing.copies.target import RECORD, Change, Mart, State
from publishing.publication import PublishingError
from warehouse.connection import connect_memory
from warehouse.sql import literal, quoted
from warehouse.urls import readable_error, readable_url


class _Record(BaseModel):
    """`_tally_copies.json`: what the folder holds.

    Attributes:
        marts: the state of each mart's files.
        formats: the kinds of file that each mart has.
    """

    marts: dict[str, State] = {}
    formats: dict[str, list[str]] = {}


@contextmanager
def open_folder(url: str, formats: Sequence[str]) -> Iterator[_Folder]:
    """A folder that takes copies, made if it is not there.

    Raises:
        PublishingError: it cannot be reached, or refuses; in a line.
    """
    shown = readable_url(url)
    try:
        # Some file systems, such as FTP's, connect at once.
        filesystem, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise PublishingError(f"{shown} needs a package that is not installed: {readable_error(error, url)}.") from None
    except ValueError as error:
        raise PublishingError(
            f"{shown} is not a destination that copies can go to: {readable_error(error, url)}."
        ) from None
    except Exception as error:  # each of fsspec's file systems has errors of its own, such as botocore's
        raise PublishingError(
            f"{shown} cannot be reached: {readable_error(error, url)}. Check the address, and that its server runs."
        ) from None
    try:
        yield _Folder(filesystem, path.rstrip("/"), formats)
    except (PublishingError, duckdb.Error):  # the published file's error, not the destination's
        raise
    except Exception as error:  # as above
        cause = readable_error(error, url)
        raise PublishingError(f"{shown} refused: {cause}. What was copied before stays; run again.") from None


class _Folder:
    def __init__(self, filesystem: fsspec.AbstractFileSystem, path: str, formats: Sequence[str]) -> None:
        self._files = filesystem
        self._path = path
        self._formats = sorted(formats)
        self._is_local = isinstance(filesystem, LocalFileSystem)
        if self._is_local:
            filesystem.makedirs(path, exist_ok=True)
        self._record = self._read_record()

    def states(self) -> dict[str, State]:
        """What the record says, for the marts whose files are all there in the formats that are asked for."""
        self._files.invalidate_cache()
        there = {Path(name).name for name in self._files.ls(self._path, detail=False)} if self._exists() else set()
        return {
            mart: state
            for mart, state in self._record.marts.items()
            if all(f"{mart}.{kind}" in there and kind in self._record.formats[mart] for kind in self._formats)
        }

    def replace(self, mart: Mart) -> int:
        """Write the mart's files beside the old ones and put them in their place."""
        for kind in self._formats:
            if kind == "parquet":
                self._put(mart.file, f"{mart.name}.parquet")
            else:
                with tempfile.TemporaryDirectory(prefix="tally-copy-") as folder, connect_memory() as connection:
                    file = Path(folder) / "rows.csv"
                    connection.execute(f"copy ({_for_spreadsheets(mart)}) to {literal(file)} (format csv, header)")
                    self._put(file, f"{mart.name}.csv")
        with connect_memory() as connection:
            found = connection.execute(f"select count(*) from {literal(mart.file)}").fetchone()
        rows = int(found[0]) if found else 0
        for kind in self._record.formats.get(mart.name, []):
            if kind not in self._formats:  # it would be older than the others from now on
                self._files.rm_file(f"{self._path}/{mart.name}.{kind}")
        self._record.marts[mart.name] = State(columns=mart.columns_text, version=mart.version, rows=rows)
        self._record.formats[mart.name] = self._formats
        self._write_record()
        return rows

    def change(self, mart: Mart, change: Change) -> None:
        """A file changes by being written again; those of marts that are as they were stay untouched."""
        self.replace(mart)

    def _put(self, file: Path, name: str) -> None:
        path = f"{self._path}/{name}"
        if not self._is_local:  # an object is there whole, or not at all
            self._files.put_file(str(file), path)
            return
        self._files.put_file(str(file), f"{path}.new")
        Path(f"{path}.new").replace(path)

    def _exists(self) -> bool:
        return bool(self._files.exists(self._path))

    def _read_record(self) -> _Record:
        try:
            return _Record.model_validate_json(self._files.cat_file(f"{self._path}/{RECORD}.json"))
        except FileNotFoundError:
            return _Record()
        except ValidationError:
            raise PublishingError(
                f"{RECORD}.json in the destination cannot be read: remove it, and every mart is copied whole."
            ) from None

    def _write_record(self) -> None:
        with tempfile.TemporaryDirectory(prefix="tally-copy-") as folder:
            file = Path(folder) / RECORD
            file.write_text(self._record.model_dump_json(indent=2) + "\n", encoding="utf-8")
            self._put(file, f"{RECORD}.json")


def _for_spreadsheets(mart: Mart) -> str:
    """The mart's rows, with an apostrophe before a text that a spreadsheet would take for a formula.

    Those begin with = + - @, a tab or a line end. Numbers are no text, and stay as they are.
    """
    texts = [quoted(name) for name, kind in mart.columns.items() if kind == "VARCHAR"]
    safe = [
        rf"case when regexp_matches({name}, '^[=+\-@\t\r\n]') then '''' || {name} else {name} end as {name}"
        for name in texts
    ]
    replaced = f"* replace ({', '.join(safe)})" if safe else "*"
    return f"select {replaced} from {literal(mart.file)}"
