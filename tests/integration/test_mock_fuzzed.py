"""The mock's API asked from its own OpenAPI page, with what fits it and with what does not: it never answers 5xx."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings

from mock_api.app import create_app
from mock_api.clock import Clock
from mock_api.settings import Settings

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
APP = create_app(Settings(history=datetime(2026, 11, 20).date(), orders_rate=0.01), Clock(lambda: NOW))
API = schemathesis.openapi.from_asgi("/openapi.json", APP)
OPERATIONS = {
    (method.upper(), path): f"test_{method}{path.translate(str.maketrans('/.-', '___', '{}'))}_is_never_a_server_error"
    for path, operations in APP.openapi()["paths"].items()
    for method in operations
}


def asking(method: str, path: str) -> Any:
    """A test of one operation."""

    @API.include(method=method, path=path).parametrize()
    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def asked(case: schemathesis.Case[Any]) -> None:
        response = case.call()
        assert response.status_code < 500, response.text

    return asked


# One function each: pytest gives all operations of one function the same node id, and pytest-xdist runs one of them.
for (method, path), name in OPERATIONS.items():
    globals()[name] = asking(method, path)


def test_every_operation_is_asked() -> None:
    assert len(OPERATIONS) > 8
    assert len(list(API.get_all_operations())) == len(OPERATIONS)
    assert all(callable(globals()[name]) for name in OPERATIONS.values())
    assert len(set(OPERATIONS.values())) == len(OPERATIONS)
