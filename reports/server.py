"""Serves the built site on this machine."""

import os
import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from reports.errors import SiteError


class _Site(StaticFiles):
    """Static files with Range requests, by which the browser's database reads its Parquet.

    A file that the build has packed goes out packed, and one whose name says what is in it is kept for good.
    """

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        asked = Headers(scope=scope)
        packed = Path(f"{full_path}.gz")
        is_packed = "gzip" in asked.get("accept-encoding", "") and "range" not in asked and packed.exists()
        if is_packed:
            full_path, stat_result = packed, packed.stat()
        response = super().file_response(full_path, stat_result, scope, status_code)
        if is_packed:
            response.headers["content-encoding"] = "gzip"
        response.headers["vary"] = "accept-encoding"
        forever = "/_app/immutable/" in scope["path"]
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if forever else "no-cache"
        return response


def create_app(site: Path) -> Starlette:
    """The site in the folder `site` as an application."""
    return Starlette(routes=[Mount("/", _Site(directory=site, html=True))])


def serve(site: Path, host: str, port: int) -> None:
    """Serve until interrupted; prints the address as soon as it answers.

    Raises:
        SiteError: there is no site, or the port is taken.
    """
    if not (site / "index.html").exists():
        raise SiteError(f"There is no site in {site}: run `make reports` first.")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SiteError(f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --port.") from None
    listener.listen()
    print(f"The site is on http://{host}:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(create_app(site), log_level="warning")).run(sockets=[listener])
