"""Which URL means which kind of destination."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from publishing.copies.target import Target
from publishing.publication import PublishingError
from warehouse.urls import DRIVERS

MONGODB = ("mongodb", "mongodb+srv")


def open_destination(url: str, formats: Sequence[str]) -> AbstractContextManager[Target]:
    """The destination at a URL: a database by its scheme, and everything else a folder of fsspec's.

    Raises:
        PublishingError: there is no such kind of destination, or it cannot be reached.
    """
    scheme = _scheme(url)
    if scheme in DRIVERS:
        from publishing.copies.database import open_database

        return open_database(DRIVERS[scheme] + url[len(scheme) :], url)
    if scheme in MONGODB:
        from publishing.copies.mongodb import open_mongodb

        return open_mongodb(url)
    from publishing.copies.folder import open_folder

    return open_folder(url, formats)


def _scheme(url: str) -> str:
    found = re.match(r"([a-z][a-z0-9+]*)://", url, re.IGNORECASE)
    if not found:
        return "file"
    scheme = found[1].lower()
    if "+" in scheme and scheme not in MONGODB:
        raise PublishingError(f"{scheme}: leave the driver out and write {scheme.partition('+')[0]}://…")
    return scheme
