"""The mock provider, for as long as a run takes, where a default address is asked for and no server answers at it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ingestion.feeds.folder import sources_to_ask
from ingestion.sources import source
from warehouse.errors import SettingsError

HOST, PORT = "127.0.0.1", 8000
logger = logging.getLogger(__name__)


@contextmanager
def provider() -> Iterator[None]:
    """Serve the mock API on 127.0.0.1:8000 within the block, if a source points there and nothing answers."""
    if not _is_asked_for() or _answers():
        yield
        return
    from mock_api.app import create_app
    from mock_api.server import running
    from mock_api.settings import Settings as MockSettings

    logger.info("Nothing answers on %s:%s: starting the mock providers for this run.", HOST, PORT)
    with running(create_app(MockSettings()), HOST, PORT):
        yield


def _is_asked_for() -> bool:
    parts = [urlsplit(url) for name in sources_to_ask() for url in _addresses(name)]
    return any(part.hostname in (HOST, "localhost") and part.port == PORT for part in parts)


def _addresses(name: str) -> list[str]:
    """The URLs that a source is asked at; none where its settings cannot be read, which its own run says."""
    try:
        settings = source(name).settings.load()
    except SettingsError:
        return []
    return [str(value) for field, value in settings if field.endswith("_url")]


def _answers() -> bool:
    try:
        socket.create_connection((HOST, PORT), timeout=2).close()
    except OSError:
        return False
    return True
