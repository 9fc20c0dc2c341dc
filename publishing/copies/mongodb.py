"""Copies in MongoDB: a collection a mart, a document a row, its key as `_id` (of several columns, their values as a JSON list)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bson import Int64
from pymongo import MongoClient, ReplaceOne
from pymongo.database import Database
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError

from publishing.copies.target import RECORD, Change, Mart, Row, State, mart_rows
from publishing.publication import PublishingError
from warehouse.urls import readable_error, readable_url

Document = dict[str, Any]


@contextmanager
def open_mongodb(url: str) -> Iterator[_MongoDB]:
    """A MongoDB database that takes copies; `tally` where the URL names none.

    Raises:
        PublishingError: it cannot be reached, or refuses; in a line, without the password.
    """
    shown = readable_url(url)
    try:
        client: MongoClient[Document] = MongoClient(url, serverSelectionTimeoutMS=10_000, tz_aware=False)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise PublishingError(f"{shown} is not a MongoDB URL: {readable_error(error, url)}") from None
    try:
        with client:
            yield _MongoDB(client.get_default_database("tally"))
    except PyMongoError as error:
        cause = readable_error(error, url).partition(", Timeout:")[0]
        raise PublishingError(f"{shown} refused: {cause}. Run again: what is half-way is made whole.") from None


class _MongoDB:
    def __init__(self, database: Database[Document]) -> None:
        self._database = database
        self._record = database[RECORD]

    def states(self) -> dict[str, State]:
        """What the database says, with the documents that its collections have now."""
        return {
            found["_id"]: State(
                columns=found["columns"],
                version=found["version"],
                rows=self._database[found["_id"]].count_documents({}),
            )
            for found in self._record.find()
        }

    def replace(self, mart: Mart) -> int:
        """Fill a new collection and let it take the old one's place at once."""
        if mart.name in self._database.list_collection_names() and not self._record.find_one({"_id": mart.name}):
            raise PublishingError(
                f"The database already has a collection {mart.name} that Tally did not make: "
                "copy to a database of its own."
            )
        self._write_record(mart, None)
        beside = self._database[f"{mart.name}__new"]
        beside.drop()
        to_document = _to_document(mart)
        rows = 0
        for batch in mart_rows(mart):
            beside.insert_many([to_document(row) for row in batch], ordered=False)
            rows += len(batch)
        if rows:
            beside.rename(mart.name, dropTarget=True)
        else:
            self._database[mart.name].drop()
        self._write_record(mart, mart.version)
        return rows

    def change(self, mart: Mart, change: Change) -> None:
        """Replace what came, delete what left; done twice it is the same, so that a kill needs no transaction."""
        collection = self._database[mart.name]
        to_document = _to_document(mart)
        written = set()
        for batch in change.added:
            documents = [to_document(row) for row in batch]
            collection.bulk_write(
                [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents], ordered=False
            )
            written |= {tuple(document[name] for name in mart.key) for document in documents}
        for batch in change.removed:
            values = [tuple(_value(value) for value in row) for row in batch]
            removed = [_id(mart, row) for row in values if row not in written]
            if removed:
                collection.delete_many({"_id": {"$in": removed}})
        self._write_record(mart, mart.version)

    def _write_record(self, mart: Mart, version: str | None) -> None:
        record = {"_id": mart.name, "columns": mart.columns_text, "version": version}
        self._record.replace_one({"_id": mart.name}, record, upsert=True)


def _to_document(mart: Mart) -> Callable[[Row], Document]:
    names = list(mart.columns)

    def make(row: Row) -> Document:
        document = {name: _value(value) for name, value in zip(names, row, strict=True)}
        if mart.key:
            document["_id"] = _id(mart, tuple(document[name] for name in mart.key))
        return document

    return make


def _id(mart: Mart, key: Sequence[Any]) -> Any:
    return key[0] if len(mart.key) == 1 else json.dumps(key, ensure_ascii=False, default=str)


def _value(value: Any) -> Any:
    """A value as MongoDB's users expect it: dates become midnight UTC, decimals doubles (exact to 15 digits)."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return value
