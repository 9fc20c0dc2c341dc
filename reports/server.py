"""Serves the built pages on this machine, and under `/data` the rows of the newest publication."""

import gzip
import html
import ipaddress
import json
import os
import re
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reports.content_security import page_policy, policy
from reports.errors import SiteError
from warehouse.language import Language
from warehouse.paths import WarehousePaths

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""The names by which a browser on this machine calls it."""


TEXTS = {".json": "application/json", ".ftl": "text/plain"}
"""What of a publication is packed when it is asked for, and what it is called."""


class _Files(StaticFiles):
    """Static files with Range requests, by which the browser's database reads its Parquet, and packed where it helps."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["vary"] = "accept-encoding"
        response.headers["cache-control"] = "no-cache"
        return response


class _Pages(_Files):
    """The built site. A file that the build has packed goes out packed; one whose name says what is in it is kept for good.

    A page says which language it is in before the first of it is painted: that of the newest publication, without a new build.
    """

    def __init__(self, directory: Path, rows: Path) -> None:
        super().__init__(directory=directory, html=True)
        self._rows = rows

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 404 and isinstance(response, FileResponse):
            return self._page(Path(response.path), scope, 404)
        return response

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        file = Path(full_path)
        if file.suffix == ".html":
            return self._page(file, scope, status_code)
        packed = Path(f"{full_path}.gz")
        is_packed = _takes_gzip(scope) and packed.exists()
        if is_packed:
            full_path, stat_result = packed, packed.stat()
        response = super().file_response(full_path, stat_result, scope, status_code)
        if is_packed:
            response.headers["content-encoding"] = "gzip"
        if "/_app/immutable/" in scope["path"]:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response

    def _page(self, file: Path, scope: Scope, status_code: int) -> Response:
        language = Language(_locale(self._rows))
        text = file.read_text("utf-8").replace('<html lang="en"', f'<html lang="{language.locale}"', 1)
        if file.name == "404.html":  # it has no code that could speak
            text = re.sub(r"\{\{([a-z0-9_-]+)\}\}", lambda found: html.escape(language.phrase(found[1])), text)
        headers = {"vary": "accept-encoding", "cache-control": "no-cache", "content-security-policy": page_policy(file)}
        if not _takes_gzip(scope):
            return HTMLResponse(text, status_code, headers)
        body = gzip.compress(text.encode(), compresslevel=6)
        return HTMLResponse(body, status_code, headers | {"content-encoding": "gzip"})


def _locale(rows: Path) -> str:
    """The locale of the newest publication; English's before the first."""
    try:
        return str(json.loads((rows / "site.json").read_bytes()).get("locale", Language.locale))
    except FileNotFoundError:
        return Language.locale


class _Rows(_Files):
    """The rows of the pages. A publication writes thousands of small files, and packs none: they are packed when asked for."""

    async def check_config(self) -> None:
        """Nothing may have been published yet: then each file is not there, which is no error."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        text = TEXTS.get(Path(full_path).suffix) if status_code == 200 and scope["method"] == "GET" else None
        if not (text and _takes_gzip(scope) and isinstance(response, FileResponse)):
            return response
        headers = {name: response.headers[name] for name in ("etag", "last-modified", "vary", "cache-control")}
        body = gzip.compress(Path(full_path).read_bytes(), compresslevel=5)
        return Response(body, headers=headers | {"content-encoding": "gzip"}, media_type=text)


def _takes_gzip(scope: Scope) -> bool:
    asked = Headers(scope=scope)
    return "gzip" in asked.get("accept-encoding", "") and "range" not in asked


OLD_ADDRESSES = {"stores": "/store/?store=", "sensors": "/sensor/?sensor=", "air": "/station/?station="}
"""Once each store, sensor and station had a page of its own, which someone may still have a link to."""


def _moved(start: str) -> Callable[[Request], Response]:
    def redirect(request: Request) -> Response:
        return RedirectResponse(start + quote(request.path_params["key"], safe=""), status_code=301)

    return redirect


class _SecurityHeaders:
    """The security headers of every answer: run the site's own code alone, guess no type, show it in no frame."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", policy())
                headers["x-content-type-options"] = "nosniff"
                headers["x-frame-options"] = "DENY"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def create_app(site: Path, rows: Path, allowed_hosts: Iterable[str] = LOCAL_HOSTS) -> Starlette:
    """The site as an application; a request for another host than the allowed ones gets a 400.

    Args:
        site: the folder of the built pages.
        rows: the folder that is served as `/data`, or the link to it; it may still be missing.
        allowed_hosts: the hosts that requests may be for.
    """
    return Starlette(
        routes=[
            Mount("/data", _Rows(directory=rows, check_dir=False)),
            *(Route(f"/{kind}/{{key}}/", _moved(start)) for kind, start in OLD_ADDRESSES.items()),
            Mount("/", _Pages(site, rows)),
        ],
        middleware=[
            Middleware(_SecurityHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False),
        ],
    )


def serve(site: Path, warehouse: Path, host: str, port: int, allowed_hosts: Iterable[str]) -> None:
    """Serve until interrupted; prints the address as soon as it answers.

    Args:
        site: the folder of the built pages.
        warehouse: the DuckDB file whose newest publication they show.
        host: the address to listen on; requests for it are answered.
        port: 0 takes a free one.
        allowed_hosts: other names by which readers reach the site, beside this machine's own; `*.example.org` stands
            for all below a domain.

    Raises:
        SiteError: there is no site, the address cannot be listened on, or an allowed host is not a name.
    """
    if not (site / "index.html").exists():
        raise SiteError(f"There is no site in {site}: run `make reports` first.")
    names = [_host_header(name) for name in (host, *allowed_hosts)]
    if wrong := [name for name in names if "*" in name[1:] or (name.startswith("*") and not name.startswith("*."))]:
        raise SiteError(f"{wrong[0]} is not a host: give a name, an address, or *.example.org for all below a domain.")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SiteError(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --host or --port."
        ) from None
    listener.listen()
    print(f"The site is on http://{names[0]}:{listener.getsockname()[1]}", flush=True)
    app = create_app(site, WarehousePaths(warehouse).site, [*LOCAL_HOSTS, *names])
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def _host_header(host: str) -> str:
    """A host as a browser writes it into the Host header: an IPv6 address in brackets."""
    try:
        return f"[{ipaddress.IPv6Address(host.strip('[]'))}]"
    except ipaddress.AddressValueError:
        return host
