"""The retail provider's HTTP interface, as `contracts/retail.md` has it."""

from collections.abc import Callable
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import AfterValidator

from mock_api.errors import UNAUTHORIZED, error_responses
from mock_api.retail.files import CHANGES, Dialect
from mock_api.retail.provider import File, Retail

CSV = "text/csv; charset=utf-8"
_CSV_FILE: dict[str, Any] = {
    "description": "The whole file.",
    "content": {"text/csv": {"schema": {"type": "string"}}},
    "headers": {name: {"schema": {"type": "string"}} for name in ("ETag", "Last-Modified")},
}
_NOT_MODIFIED: dict[str, Any] = {"description": "The file is still the one of that ETag."}
_NO_DIALECT = (422, "No such dialect.", "dialect: no dialect 'tabs': there are semicolon, crlf, …")


def _readable(text: str) -> str:
    Dialect.named(text)  # a string remains, which is what the OpenAPI page says
    return text


DialectNames = Annotated[
    str | None,
    AfterValidator(lambda text: text if text is None else _readable(text)),
    Query(description=f"Any of {', '.join(CHANGES)}, with commas between them.", examples=["semicolon,crlf"]),
]
ETags = Annotated[
    str | None, Header(description="Answer 304 if the file still has one of these ETags.", examples=['"5f2b"'])
]


def routers(provider: Retail) -> list[APIRouter]:
    """The provider's three files, under `/retail`."""
    router = APIRouter(prefix="/retail", tags=["retail"])
    for name, file, what in (
        ("produits.csv", provider.products_file, "The products, with price and stock."),
        ("magasins.csv", provider.stores_file, "The stores, with city and number of employees."),
        (
            "ventes.csv",
            provider.sales_file,
            "Every sale since the file was begun. Grows with the clock; no line has an id.",
        ),
    ):
        router.add_api_route(
            f"/{name}",
            _endpoint(file),
            methods=["GET"],
            summary=name,
            description=what,
            operation_id=name.replace(".", "_"),
            response_class=Response,
            responses={200: _CSV_FILE, 304: _NOT_MODIFIED, **error_responses(UNAUTHORIZED, _NO_DIALECT)},
        )
    return [router]


def _endpoint(file: Callable[[Dialect], File]) -> Callable[..., Response]:
    def serve(dialect: DialectNames = None, if_none_match: ETags = None) -> Response:
        found = file(Dialect.named(dialect))
        headers = {"ETag": found.etag, "Last-Modified": format_datetime(found.changed_at, usegmt=True)}
        if _matches(if_none_match, found.etag):
            return Response(status_code=304, headers=headers)
        return Response(found.body, media_type=CSV, headers=headers)

    return serve


def _matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names the ETag; a weak one is as good (RFC 9110, 13.1.2)."""
    named = [part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")]
    return etag in named or named == ["*"]
