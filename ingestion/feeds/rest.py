"""A public API, as dlt's own `rest_api` asks it: its settings stand in [rest] as dlt documents them.

Requests go through `ingestion.http.Client`, which waits where the API asks to, and gives up after two minutes. Rows are objects, as a JSON file's are.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from requests.hooks import dispatch_hook

from ingestion.errors import SourceError
from ingestion.feeds.asked import Answer, Since
from ingestion.feeds.config import Feed, incrementals
from ingestion.feeds.mapping import wanted_titles
from ingestion.feeds.objects import objects_as_cells
from ingestion.feeds.tables import Cells
from ingestion.http import Client, RefusedError, UnreadableError
from ingestion.http import Response as Answered
from ingestion.load import import_dlt
from warehouse.settings import Retries, named_variable
from warehouse.text import one_line
from warehouse.urls import is_http_url, readable_url

MOST_ROWS = 1_000_000
REFUSED_ADVICE = "the API's key in [rest], client.auth, as env:NAME"


def provider(name: str, feed: Feed) -> str:
    """Where a feed asks, and a hash of what."""
    settings = feed.rest or {}
    return f"{readable_url(str(_client_of(settings).get('base_url', '')))} {_hash(settings)}"


def answers(name: str, feed: Feed, since: Since) -> Iterator[Answer]:
    """The rows of the resources that are selected, as one answer: all of them, or with `incremental` the newer ones.

    Raises:
        SourceError: the settings are not dlt's, or the API cannot be reached, refuses, or is too slow.
    """
    api = _Api(name, feed)
    begun = json.loads(since.cursor) if since.cursor else {}
    with closing(api):
        rows, reached = api.rows(begun, since)
    cells = objects_as_cells(f"{name} [{', '.join(api.selected)}]", rows, wanted_titles(feed))
    cursor = json.dumps(begun | reached, sort_keys=True) if api.incrementals else None
    yield Answer(", ".join(api.selected), cells, is_whole=not api.incrementals, cursor=cursor)


def sample(name: str, settings: Mapping[str, Any], rows: int) -> Cells:
    """The first rows, for a feed that has no columns yet.

    Raises:
        SourceError: as for `answers`.
    """
    api = _Api(name, Feed.model_construct(fills="retail.sales", rest=dict(settings)))
    with closing(api):
        found, _ = api.rows({}, Since(None, None, datetime.now(UTC)), most=rows)
    return objects_as_cells(name, found, [])


def _client_of(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    client = settings.get("client")
    return client if isinstance(client, dict) else {}


def _hash(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:12]


class _Api:
    """An API, and what is asked of it."""

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self._secrets: set[str] = set()
        self._settings: dict[str, Any] = self._resolved(copy.deepcopy(feed.rest or {}))
        base_url = str(_client_of(self._settings).get("base_url", ""))
        if not is_http_url(base_url):
            raise SourceError(f"{name}: `base_url` in [rest.client] is no http or https URL")
        resources = self._settings.get("resources")
        if not isinstance(resources, list) or not all(
            isinstance(each, dict) and each.get("name") for each in resources
        ):
            raise SourceError(f"{name}: [[rest.resources]] are missing, or one has no `name`")
        self.selected = [str(each["name"]) for each in resources if each.get("selected", True)]
        self.incrementals = incrementals(self._settings)
        self._client = Client(None, Retries.load(), REFUSED_ADVICE)

    def close(self) -> None:
        """End every request under way."""
        self._client.close()

    def _resolved(self, value: Any) -> Any:
        """The settings with what stands in the environment.

        Raises:
            SourceError: a variable is not set.
        """
        if isinstance(value, dict):
            return {key: self._resolved(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._resolved(each) for each in value]
        if not isinstance(value, str) or not value.startswith("env:"):
            return value
        variable = value.removeprefix("env:")
        found = named_variable(variable)
        if not found:
            raise SourceError(
                f"{self.name}: {one_line(variable, 80)} is not set: [rest] takes a key from that environment variable"
            )
        if not (found.isascii() and found.isprintable()):
            raise SourceError(f"{self.name}: {one_line(variable, 80)} holds a character that a request cannot carry")
        self._secrets.add(found)
        return found

    def rows(
        self, begun: Mapping[str, Any], since: Since, most: int | None = None
    ) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The rows of the selected resources, and by resource the greatest value of its cursor.

        `begun` are those values after the answer before.
        """
        import_dlt()
        from dlt.common.exceptions import DltException
        from dlt.sources.rest_api import rest_api_resources

        settings = copy.deepcopy(self._settings)
        settings["client"] = {**_client_of(settings), "session": _Session(self._client)}
        for resource in settings["resources"]:
            if (found := self.incrementals.get(str(resource["name"]))) is not None:
                _begin(found.of(resource), begun.get(found.resource), since)
        rows: list[dict[str, Any]] = []
        reached: dict[str, Any] = {}
        try:
            for resource in rest_api_resources(settings):  # type: ignore[arg-type, unused-ignore]
                if resource.name not in self.selected:
                    continue
                path = self.incrementals[resource.name].cursor_path if resource.name in self.incrementals else None
                for row in resource:
                    rows.append(row)
                    if path is not None and (value := _at(row, path)) is not None:
                        reached[resource.name] = max(value, reached.get(resource.name, value))
                    if len(rows) == most:
                        return rows, reached
                    if len(rows) > MOST_ROWS:
                        raise SourceError(
                            f"{self.name}: the API has more than {MOST_ROWS:,} rows: begin later, by `initial_value` of `incremental`"
                        )
        except (DltException, ValueError, TypeError, KeyError, NotImplementedError, requests.RequestException) as error:
            raise self._explained(error) from None
        return rows, reached

    def _explained(self, error: BaseException) -> SourceError:
        """What is wrong, in one line and without keys: the client's own words where the request failed, else dlt's on the settings."""
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, SourceError):
                return cause
            last, cause = cause, cause.__cause__ or cause.__context__
        said = str(error if not isinstance(error, KeyError) else repr(last))
        for secret in sorted(self._secrets, key=len, reverse=True):
            said = said.replace(secret, "***")
        return SourceError(f"{self.name}: [rest] is not as dlt's rest_api takes it: {one_line(said, 300)}")


def _begin(incremental: dict[str, Any], last: Any, since: Since) -> None:
    """Let dlt ask from the last value on, less `lag`; with days to reconcile at least from so long before now."""
    from dlt.extract.incremental.lag import apply_lag

    lag = incremental.pop("lag", None) or 0
    if last is None:
        return
    if since.reconcile_days is not None:
        moment = _moment(last)
        if moment is None:
            return
        begin = since.now - timedelta(days=since.reconcile_days)
        days_or_seconds = (moment - begin).days + 1 if len(str(last)) == 10 else (moment - begin).total_seconds()
        lag = max(lag, days_or_seconds)
    incremental["initial_value"] = apply_lag(lag, incremental.get("initial_value"), last, max) if lag else last


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _at(row: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for part in path.removeprefix("$.").split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


# Requests.


class _Read(requests.Response):
    """An answer that has been read, with its JSON, numbers exact."""

    def __init__(self, answer: Answered, content: Any) -> None:
        super().__init__()
        self.status_code = answer.status
        self.headers.update(answer.headers)
        self._content = answer.body
        self._found = content

    def json(self, **kwargs: Any) -> Any:
        return self._found


@dataclass
class _Fetched:
    answer: Answered
    content: Any


class _Session(requests.Session):
    """What dlt sends goes through our client: one deadline for a request with all its attempts, bounded bodies, Retry-After."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request.

        Raises:
            SourceError: the API cannot be reached, refuses, or is too slow.
        """
        if request.method != "GET":
            raise SourceError(f"{readable_url(str(request.url))}: only GET is asked, not {request.method}")
        own = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CLIENT}
        headers = {name: value.decode() if isinstance(value, bytes) else str(value) for name, value in own.items()}
        try:
            fetched = self._client.get(str(request.url), _fetched, private_headers=headers)
            response = _Read(fetched.answer, fetched.content)
        except RefusedError as refused:
            # `response_actions` may pass over it.
            response = _Read(refused.answer, None)
            response.request, response.url = request, str(request.url)
            try:
                _dispatch(request, response, **kwargs)
            except (requests.HTTPError, ValueError):
                raise refused from None
            raise
        response.request, response.url = request, str(request.url)
        _dispatch(request, response, **kwargs)
        return response


def _dispatch(request: requests.PreparedRequest, response: requests.Response, **kwargs: Any) -> None:
    hook: Any = dispatch_hook
    hook("response", request.hooks, response, **kwargs)


_OF_THE_CLIENT = ("user-agent", "accept-encoding", "connection", "accept")


def _fetched(answer: Answered) -> _Fetched:
    content = answer.json(is_exact=True)
    if not isinstance(content, dict | list):
        raise UnreadableError("JSON that is neither an object nor a list")
    return _Fetched(answer, content)
