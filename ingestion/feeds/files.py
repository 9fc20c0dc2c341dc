"""Which files a feed has, and their bytes: in a folder, in a bucket, at a URL, or attached to mails (`mailbox.py`)."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.errors import SourceError
from ingestion.feeds.listing import Listed
from ingestion.feeds.tables import LARGEST_FILE
from ingestion.http import Client, Response
from warehouse.settings import Retries
from warehouse.text import one_line
from warehouse.urls import readable_url

logger = logging.getLogger(__name__)

# A file that was written so recently may still be.
FRESH = timedelta(seconds=3)
SECOND_LOOK = 1.0
NOT_YET = ("~$", ".", "_tmp")
NOT_YET_ENDINGS = (".part", ".tmp", ".crdownload", ".filepart", ".download", ".swp")


def listed(places: Sequence[str], root: Path) -> list[Listed]:
    """The files of some paths, patterns and URLs, the oldest first; relative ones begin at `root`.

    Raises:
        SourceError: a folder, a file or a bucket is not there.
    """
    found: dict[str, Listed] = {}
    for place in places:
        scheme = place.partition("://")[0] if "://" in place else ""
        if scheme in ("http", "https"):
            files = [_at_url(place)]
        elif scheme in ("imap", "imaps"):
            from ingestion.feeds import mailbox

            files = mailbox.listed(place)
        elif scheme and scheme != "file":
            files = _in_bucket(place)
        else:
            files = _in_folder(place.removeprefix("file://"), root)
        found |= {file.path: file for file in files}
    return sorted(found.values(), key=lambda file: file.order)


def finished(files: Sequence[Listed], places: Sequence[str], root: Path, feed: str) -> list[Listed]:
    """Those that nobody is writing any more: a fresh one is looked at twice."""
    if not any(file.is_fresh for file in files):
        return list(files)
    time.sleep(SECOND_LOOK)
    again = {file.path: (file.size, file.modified_at) for file in listed(places, root)}
    done = []
    for file in files:
        if not file.is_fresh or again.get(file.path) == (file.size, file.modified_at):
            done.append(file)
        else:
            logger.info("%s: %s is still being written: the next run reads it", feed, file.path)
    return done


def hash_of(body: bytes) -> str:
    """What identifies a file's content."""
    return hashlib.sha256(body).hexdigest()


def _is_data(name: str) -> bool:
    return (
        not name.startswith(NOT_YET)
        and not name.lower().endswith(NOT_YET_ENDINGS)
        and name.lower() not in ("thumbs.db", "desktop.ini")
    )


def _pattern(place: str) -> tuple[str, str]:
    """The folder of a path or pattern, and what comes after it."""
    parts = PurePosixPath(place).parts
    fixed = next((at for at, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts) - 1)
    return str(PurePosixPath(*parts[:fixed])) if fixed else ".", str(PurePosixPath(*parts[fixed:]))


def _in_folder(place: str, root: Path) -> list[Listed]:
    from dlt.common.storages.fsspec_filesystem import glob_files
    from fsspec.implementations.local import LocalFileSystem

    folder, pattern = _pattern(Path(place).expanduser().as_posix())
    base = root / folder
    if not base.is_dir():
        raise SourceError(
            f"the folder {_shown(base, root)} is not there: `from` in the feed says {one_line(place, 120)!r}"
        )
    files: list[Listed] = []
    now = datetime.now(UTC)
    try:
        found = list(glob_files(LocalFileSystem(), str(base), pattern))
    except OSError as error:
        raise SourceError(f"the folder {_shown(base, root)} cannot be read: {error.strerror}") from None
    for item in found:
        name = item["file_name"]
        if not _is_data(name):
            continue
        path = base / item["relative_path"]
        modified = item["modification_date"]
        shown = _shown(path, root)
        size = int(item.get("size_in_bytes", -1))
        files.append(Listed(shown, size, modified.isoformat(), now - modified < FRESH, _local(path, shown, size)))
    if not files and not re.search(r"[*?\[]", place):
        raise SourceError(f"{_shown(base / pattern, root)} is not there")
    return files


def _shown(path: Path, root: Path) -> str:
    """A path below the root, or, elsewhere, its last two names."""
    absolute = path.absolute()
    if absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix() or "."
    return "/".join(absolute.parts[-2:]).lstrip("/")


def _local(path: Path, shown: str, size: int) -> Callable[[], bytes]:
    def read() -> bytes:
        _check_size(shown, size)
        try:
            return path.read_bytes()
        except OSError as error:
            raise SourceError(f"{shown} cannot be read: {error.strerror}") from None

    return read


def _check_size(shown: str, size: int) -> None:
    if size > LARGEST_FILE:
        raise SourceError(
            f"{shown} has {size / 1e6:,.0f} MB, more than the {LARGEST_FILE // 2**20} that are read at a time: split it"
        )


def _in_bucket(place: str) -> list[Listed]:
    from dlt.common.configuration.resolve import resolve_configuration
    from dlt.common.storages.configuration import FilesystemConfiguration
    from dlt.common.storages.fsspec_filesystem import fsspec_from_config, glob_files

    scheme, _, rest = place.partition("://")
    folder, pattern = _pattern(rest)
    bucket = f"{scheme}://{folder}"
    shown_place = readable_url(place)
    try:
        config = resolve_configuration(FilesystemConfiguration(bucket_url=bucket), sections=("sources", "filesystem"))
        filesystem, _ = fsspec_from_config(config)
        filesystem.invalidate_cache()
        found = list(glob_files(filesystem, bucket, pattern))
    except Exception as error:
        # Each of fsspec's storages has errors of its own.
        raise SourceError(f"{shown_place} cannot be listed: {type(error).__name__}: {one_line(error, 200)}") from None
    files = []
    for item in found:
        if not _is_data(item["file_name"]):
            continue
        shown = readable_url(f"{bucket}/{item['relative_path']}")
        size = int(item.get("size_in_bytes", -1))
        files.append(
            Listed(
                shown,
                size,
                item["modification_date"].isoformat(),
                False,
                _remote(filesystem, item["file_url"], shown, size),
            )
        )
    if not files and not re.search(r"[*?\[]", place):
        raise SourceError(f"{shown_place} is not there")
    return files


def _remote(filesystem: Any, url: str, shown: str, size: int) -> Callable[[], bytes]:
    def read() -> bytes:
        _check_size(shown, size)
        try:
            body: bytes = filesystem.cat_file(url)
        except Exception as error:
            raise SourceError(f"{shown} cannot be read: {type(error).__name__}: {one_line(error, 200)}") from None
        return body

    return read


def _at_url(url: str) -> Listed:
    shown = readable_url(url)

    def read() -> bytes:
        client = Client(None, Retries.load(), "")

        def body(answer: Response) -> bytes:
            if answer.content_type == "text/html":
                raise SourceError(f"{shown} answered with a page of HTML, not a file: check the address")
            return answer.body

        try:
            return client.get(url, body, largest_body=LARGEST_FILE)
        finally:
            client.close()

    # What has changed is known by its content.
    return Listed(shown, -1, "", False, read)
