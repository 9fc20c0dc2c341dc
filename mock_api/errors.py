"""Every error has the same body: `{"detail": "one line with what to do"}`."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]


class Error(BaseModel):
    """What went wrong, for a person."""

    detail: str


UNAUTHORIZED = (
    401,
    "The API key is missing or wrong.",
    "The X-API-Key header is missing or wrong.",
)


def error_responses(*errors: tuple[int, str, str]) -> Responses:
    """OpenAPI entries for errors: status code, description, an example of `detail`."""
    return {
        code: {
            "model": Error,
            "description": description,
            "content": {"application/json": {"example": {"detail": detail}}},
        }
        for code, description, detail in errors
    }


def report_unreadable_parameters(app: FastAPI) -> None:
    """Answer 422 with one line for each parameter, in place of FastAPI's list of objects."""

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        lines = [f"{item['loc'][-1]}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
        return JSONResponse({"detail": "; ".join(lines)}, status_code=422)
