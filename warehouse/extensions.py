"""DuckDB's extensions, which come from PyPI at DuckDB's own version: nothing is fetched at run time."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from warehouse.errors import WarehouseError
from warehouse.sql import literal


def load(connection: duckdb.DuckDBPyConnection, name: str, setting: str, made_by: str) -> None:
    """Load an extension that a setting needs; `made_by` is the command that makes an environment with it.

    Raises:
        WarehouseError: it is not installed.
    """
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    (version,) = connection.execute("select library_version from pragma_version()").fetchone() or ("",)
    file = (
        Path(found.origin).parent / "extensions" / version / f"{name}.duckdb_extension"
        if found and found.origin
        else None
    )
    if file is None or not file.exists():
        raise WarehouseError(
            f"{setting} is set, and DuckDB {version} has no extension {name} here: `{made_by}` makes an environment with it"
        )
    connection.execute(f"load {literal(file)}")


def open_bucket(connection: duckdb.DuckDBPyConnection, setting: str, made_by: str) -> None:
    """Give DuckDB what boto would take: keys, region and endpoint from the environment, a profile or the machine's role."""
    import botocore.session

    load(connection, "httpfs", setting, made_by)
    session = botocore.session.get_session()
    keys = session.get_credentials()
    client = session.create_client("s3")
    endpoint = urlsplit(client.meta.endpoint_url)
    is_amazon = (endpoint.hostname or "").endswith(".amazonaws.com")
    options = {
        "key_id": keys.access_key if keys else None,
        "secret": keys.secret_key if keys else None,
        "session_token": keys.token if keys else None,
        "region": client.meta.region_name,
        "endpoint": None if is_amazon else endpoint.netloc,
        "url_style": None if is_amazon else "path",
        "use_ssl": "false" if endpoint.scheme == "http" else None,
    }
    said = "".join(f", {name} {literal(value)}" for name, value in options.items() if value)
    connection.execute(f"create or replace secret tally_bucket (type s3{said})")
