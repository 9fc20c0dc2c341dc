"""Serves the built site on this machine."""

import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from reports.errors import SiteError


def create_app(site: Path) -> Starlette:
    """The site in `site` as an application. It answers Range requests: the browser's database reads files by them."""
    return Starlette(routes=[Mount("/", StaticFiles(directory=site, html=True))])


def serve(site: Path, host: str, port: int) -> None:
    """Serve until interrupted; prints the address when it answers.

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
        raise SiteError(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --port."
        ) from None
    listener.listen()
    print(f"The site is on http://{host}:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(create_app(site), log_level="warning")).run(
        sockets=[listener]
    )
