"""The HTTP client against a server that misbehaves in time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ingestion.errors import SourceError
from ingestion.http import Client
from tests.http_server import Answer, as_json
from tests.provider import Provider
from warehouse.settings import Retries


def test_a_trickle_ends_in_time(provider: Provider) -> None:
    stopped = threading.Event()

    def trickle() -> Iterator[bytes]:
        while not stopped.wait(0.05):
            yield b" "

    provider.intercept = lambda request: Answer(chunks=trickle())
    client = Client(retries=Retries(request_max_attempts=1, request_deadline=0.5))
    try:
        with pytest.raises(SourceError, match="too slowly"):
            client.get(f"{provider.base_url}/readings", lambda answer: answer.json())
    finally:
        stopped.set()


def test_silence_is_a_time_out(provider: Provider) -> None:
    answered = threading.Event()

    def silent(request: Any) -> Answer:
        answered.wait(5)
        return Answer()

    provider.intercept = silent
    client = Client(retries=Retries(request_max_attempts=2, request_timeout=0.2, request_backoff_factor=0.0))
    try:
        with pytest.raises(SourceError, match=r"did not answer within .* \(2 attempts"):
            client.get(f"{provider.base_url}/readings", lambda answer: answer.json())
    finally:
        answered.set()


def test_a_key_does_not_follow_a_redirect_to_another_host(provider: Provider) -> None:
    with Provider() as elsewhere:
        target = elsewhere.base_url.replace("127.0.0.1", "localhost") + "/stores"
        provider.intercept = lambda request: Answer(302, {"Location": target})
        client = Client(api_key="s3cret")
        client.get(f"{provider.base_url}/stores", lambda answer: answer.json())

    assert provider.requests[0].headers["x-api-key"] == "s3cret"
    assert "x-api-key" not in elsewhere.requests[0].headers


def test_a_key_that_a_server_quotes_is_not_repeated(provider: Provider) -> None:
    provider.intercept = lambda request: as_json({"detail": "who is s3cret?"}, 422)

    with pytest.raises(SourceError) as caught:
        Client(api_key="s3cret").get(f"{provider.base_url}/stores", lambda answer: answer.json())

    assert "who is ***?" in str(caught.value)
