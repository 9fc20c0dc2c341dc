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


@API.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_question_is_answered_with_a_server_error(case: schemathesis.Case[Any]) -> None:
    response = case.call()
    assert response.status_code < 500, response.text
