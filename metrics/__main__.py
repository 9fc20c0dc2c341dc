"""`python -m metrics`: the figures of the pages, of any days, stores and products, from the published marts."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from warehouse.command import DEFAULT_WAREHOUSE, WarehouseOption, new_app, running
from warehouse.paths import PROJECT
from warehouse.settings import Superset

app = new_app(__doc__, no_args_is_help=True)


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="A table to read, CSV for a spreadsheet, JSON.")]


@app.command("list")
def list_metrics(
    metric: Annotated[
        list[str] | None, typer.Argument(help="With metrics: what they can all be grouped and filtered by.")
    ] = None,
    format_: FormatOption = Format.TABLE,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
) -> None:
    """List every metric, or what the metrics named can be grouped and filtered by."""
    from metrics.engine import Metrics
    from metrics.published import Answer
    from metrics.tables import csv_text, print_table

    with running("metrics"):
        metrics = Metrics(warehouse)
        columns = ["dimension", "description"] if metric else ["metric", "unit", "description"]
        rows = (
            [list(pair) for pair in metrics.dimensions(metric).items()]
            if metric
            else [[one.name, one.unit or "", one.description] for one in metrics.metrics.values()]
        )
        if format_ is Format.JSON:
            listed = (
                [dict(zip(columns, row, strict=True)) for row in rows]
                if metric
                else [asdict(one) for one in metrics.metrics.values()]
            )
            typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        elif format_ is Format.CSV:
            typer.echo(csv_text(Answer(columns, [tuple(row) for row in rows], False, "", None)))
        else:
            print_table(columns, rows, set())


@app.command()
def query(
    metric: Annotated[list[str], typer.Argument(help="One metric or several, by their names in `list`.")],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            help="Group by this: day, week, month, quarter, year, store, store__city, … (`list METRIC` has them). Can be "
            "given again, or several with commas.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="Only these, such as \"day >= '2026-11-01' and store__city = 'Paris'\"."),
    ] = None,
    order: Annotated[
        list[str] | None, typer.Option("--order", help="Order by this; -visits for the greatest first.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many rows.")] = 10_000,
    format_: FormatOption = Format.TABLE,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
) -> None:
    """Answer with metrics: of everything, or by dimensions, days and conditions.

    It reads what is published; the warehouse itself may be in use meanwhile. Amounts are always by currency.

    Examples:

    python -m metrics query visits coverage_pct --by store --by week

    python -m metrics query revenue basket --by retail_store__region --order -revenue --limit 5

    python -m metrics query conversion_pct --by day --where "day >= '2026-11-01'" --format csv
    """
    from metrics.engine import Metrics
    from metrics.tables import csv_text, json_text, print_answer

    with running("metrics"):
        answer = Metrics(warehouse).query(metric, _words(by), where or [], _words(order), limit)
        if format_ is Format.CSV:
            typer.echo(csv_text(answer))
        elif format_ is Format.JSON:
            typer.echo(json_text(answer))
        else:
            print_answer(answer)
        if answer.is_cut:
            typer.echo(f"Only the first {limit:,} rows are shown: raise --limit, or ask for less.", err=True)
        if answer.stale_since:
            typer.echo(
                f"These are older figures: builds have failed since {answer.stale_since} (see the page Pipeline).",
                err=True,
            )


@app.command()
def mcp(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long a query may run.")] = 30,
    config: Annotated[
        bool, typer.Option("--config", help="Print what an agent's client needs to start this here, as JSON, and end.")
    ] = False,
) -> None:
    """Serve the metrics and the marts to an agent: the Model Context Protocol on standard input and output."""
    if config:
        typer.echo(_client_config(warehouse))
        return
    from metrics.server import serve

    with running("metrics"):
        serve(warehouse, seconds)


def _client_config(warehouse: Path) -> str:
    server = {
        "command": str(Path(sys.executable).absolute()),
        "args": ["-m", "metrics", "mcp"],
        "env": {"PYTHONPATH": str(PROJECT), "TALLY_WAREHOUSE": str(warehouse.absolute())},
    }
    return json.dumps({"mcpServers": {"tally": server}}, indent=2)


@app.command(hidden=True)
def superset(
    home: Annotated[Path, typer.Argument(help="Superset's own folder.")], warehouse: WarehouseOption = DEFAULT_WAREHOUSE
) -> None:
    """Write what `make superset` imports into HOME: the database of views, datasets, charts and dashboards."""
    from metrics.superset.writer import write

    with running("superset"):
        write(warehouse, home, Superset.load().mongodb_url)


def _words(given: list[str] | None) -> list[str]:
    return [word.strip() for one in given or [] for word in one.split(",") if word.strip()]


if __name__ == "__main__":
    app(prog_name="python -m metrics")
