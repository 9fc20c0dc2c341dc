"""`python -m metrics mcp`: the metrics and the marts as tools of the Model Context Protocol, over standard input and output.

Nothing but what is published can be reached: no raw table, no name or address of a customer, no file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from metrics import marts
from metrics.engine import Metrics
from metrics.errors import unknown
from metrics.published import Answer, read_published
from metrics.tables import records
from warehouse.errors import TallyError

ROWS = 1_000
INSTRUCTIONS = f"""\
Tally is the analytics warehouse of a company that runs stores: visitors counted at the doors, retail sales, online orders, the air
at monitoring stations, and how the pipeline is doing. Ask metrics first (list_metrics, query_metrics): each is defined once, and
the site's pages and mails show the same figures. Where no metric answers, look for a mart (list_marts, describe_mart) and query it
with SQL in DuckDB's dialect (query_marts). Answers have at most {ROWS} rows. Say as of when the figures are (published_at), and that they
are old where stale_since is set. A missing value is not zero: it was not observed. Amounts of different currencies are never added.
The newest day may not be over: filter on is_complete where a mart or metric has it.
"""

Tool = TypeVar("Tool", bound=Callable[..., Any])


def serve(warehouse: Path, seconds: float) -> None:
    """Answer on standard output what comes on standard input, until that is closed."""
    make_server(warehouse, seconds).run(transport="stdio")


def make_server(warehouse: Path, seconds: float) -> MCPServer:
    """The server with its tools.

    Args:
        warehouse: the DuckDB file beside which the marts are published; it is not opened.
        seconds: how long a query may run.
    """
    server: MCPServer = MCPServer("tally", instructions=INSTRUCTIONS, log_level="WARNING")
    known = Metrics(warehouse)

    def tool(function: Tool) -> Tool:
        server.add_tool(_with_errors_shown(function), description=inspect.getdoc(function))
        return function

    @tool
    def list_metrics(
        metrics: Annotated[
            list[str] | None, Field(description="Only these, with what they can all be grouped and filtered by.")
        ] = None,
    ) -> dict[str, Any]:
        """List the metrics: name, label, unit and meaning. With names, also the dimensions that these metrics share."""
        if metrics:
            shared = known.dimensions(metrics)
            return {"metrics": [_said(known, name) for name in metrics], "dimensions": shared}
        return {"metrics": [_said(known, name) for name in known.metrics]}

    @tool
    def query_metrics(
        metrics: Annotated[list[str], Field(description="Names out of list_metrics.")],
        by: Annotated[
            list[str] | None,
            Field(description="Dimensions: day, week, month, quarter, year, or those of list_metrics."),
        ] = None,
        where: Annotated[
            list[str] | None,
            Field(
                description="Conditions that all hold, such as \"day >= '2026-11-01'\" or \"store__city = 'Paris'\"."
            ),
        ] = None,
        order: Annotated[list[str] | None, Field(description="Metrics or dimensions; -visits: greatest first.")] = None,
        limit: Annotated[int, Field(ge=1, le=ROWS)] = 100,
    ) -> dict[str, Any]:
        """Answer with metrics, of everything or by dimensions, days and conditions. Amounts come by currency."""
        return _answer(known.query(metrics, by or (), where or (), order or (), limit))

    @tool
    def list_marts() -> dict[str, Any]:
        """List the published marts (tables): name, number of rows, and what one row is."""
        published = read_published(warehouse)
        described = published.described()
        return {
            "marts": [
                {"mart": name, "rows": rows, "grain": described[name].grain}
                for name, rows in published.publication.marts.items()
            ]
        }

    @tool
    def describe_mart(mart: Annotated[str, Field(description="A name out of list_marts.")]) -> dict[str, Any]:
        """Describe a mart: what it holds, its key, and each column with its type, meaning and what it refers to."""
        published = read_published(warehouse)
        described = published.described()
        if mart not in described:
            raise unknown("mart", mart, described, "list_marts shows them all.")
        return {"mart": mart, "rows": published.publication.marts[mart]} | described[mart].model_dump()

    @tool
    def query_marts(
        sql: Annotated[str, Field(description="One select on marts, in DuckDB's dialect.")],
        limit: Annotated[int, Field(ge=1, le=ROWS)] = 100,
    ) -> dict[str, Any]:
        """Query the published marts with SQL. Only marts can be read, and nothing can be written."""
        return _answer(marts.query_marts(warehouse, sql, limit=limit, seconds=seconds))

    return server


def _with_errors_shown(function: Callable[..., Any]) -> Callable[..., Any]:
    """The tool, whose foreseen errors reach the asker: of any other exception the protocol shows only that there was one."""

    @wraps(function)
    def shown(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except TallyError as error:
            raise ToolError(str(error)) from None

    return shown


def _said(known: Metrics, name: str) -> dict[str, Any]:
    metric = known.metrics[name]
    return {"metric": name, "label": metric.label, "unit": metric.unit, "description": metric.description}


def _answer(answer: Answer) -> dict[str, Any]:
    said: dict[str, Any] = {"rows": records(answer), "published_at": answer.published_at}
    if answer.is_cut:
        said["note"] = f"There are more rows: these are the first {len(answer.rows)}."
    if answer.stale_since:
        said["stale_since"] = answer.stale_since
    return said
