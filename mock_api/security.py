"""The optional API key."""

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Security
from fastapi.security import APIKeyHeader

_header = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    description="Asked for only where the server was started with `--api-key`.",
)


def require_key(expected: str) -> Callable[[str | None], None]:
    """A dependency that answers 401 unless the request carries the key."""

    def check(given: Annotated[str | None, Security(_header)]) -> None:
        if not secrets.compare_digest((given or "").encode(), expected.encode()):
            raise HTTPException(
                401,
                "The X-API-Key header is missing or wrong.",
                headers={"WWW-Authenticate": "ApiKey"},
            )

    return check
