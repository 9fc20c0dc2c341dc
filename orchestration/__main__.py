"""`python -m orchestration`: the whole flow in one process."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from warehouse.command import new_app, running

logger = logging.getLogger(__name__)

app = new_app(__doc__, no_args_is_help=True)

Steps = Annotated[
    list[str] | None,
    typer.Option("--step", help="Only this step: ingest, build, alerts, publish, mail or reports. Can be given again."),
]


Every = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Run again and again, such as 90s, 2m or 1h; until SIGTERM or Ctrl-C."),
]
SiteEvery = Annotated[
    str, typer.Option(metavar="TIME", help="With --every: how often the site is rebuilt; `never` leaves it alone.")
]


@app.command()
def run(step: Steps = None, every: Every = None, site_every: SiteEvery = "1h") -> None:
    """Run the flow: ingest, dbt build, alerts, publish, mail, reports; once, or with --every in a loop.

    Where a source points to the default address and nothing answers there, the mock providers run for as long as the
    ingestion (or the loop) takes. A step that fails does not keep the next ones from showing what there is; the exit
    code is 1. In the loop a cycle builds what the newly arrived rows touch, and the site is rebuilt at its own pace.
    """
    if every is not None:
        if step:
            raise typer.BadParameter("--step and --every exclude each other")
        raise typer.Exit(_loop(every, site_every))
    from rich.console import Console

    from ingestion.progress import Progress, closing_table
    from orchestration import spark_server, steps
    from orchestration.mock_provider import provider
    from warehouse.dbt_runner import Dbt
    from warehouse.log import console
    from warehouse.settings import warehouse_path

    names = tuple(name for name in steps.STEPS if not step or name in step)
    if unknown := set(step or []) - set(steps.STEPS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: the steps are {', '.join(steps.STEPS)}")
    done = []
    with running("orchestration"):
        flow = steps.Flow(warehouse_path(), Dbt(), Progress.on(console))
        if "ingest" in names:
            with provider():
                done += steps.run(flow, ("ingest",))
            Console().print(closing_table(flow.results))
        with spark_server.server():
            done += steps.run(flow, tuple(name for name in names if name != "ingest"))
    typer.echo("")
    for each in done:
        typer.echo(f"{each.name:8} {each.seconds:6.1f} s  {'failed: ' + each.error if each.error else each.summary}")
    if "reports" in names and not any(each.error for each in done):
        typer.echo("\nThe site is in reports/build: `make serve` shows it on http://127.0.0.1:3000")
    raise typer.Exit(any(each.error for each in done))


def _loop(every: str, site_every: str) -> int:
    from orchestration.loop import Loop, Site, Stop, seconds_of
    from orchestration.mock_provider import provider
    from orchestration.spark_server import server
    from warehouse.settings import warehouse_path

    try:
        interval = seconds_of(every)
        site_interval = None if site_every == "never" else seconds_of(site_every)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    stop = Stop()
    try:
        with running("orchestration", with_time=True), stop.listening(), provider(), server():
            logger.info("a cycle every %s; Ctrl-C or SIGTERM ends it", every)
            return Loop(warehouse_path(), interval, Site(site_interval), stop).run()
    except KeyboardInterrupt:
        return 0


@app.command()
def ingest() -> None:
    """Load every source, with the mock providers where nothing answers at the default address."""
    run(["ingest"])


@app.command()
def spark() -> None:
    """Serve Spark on this machine until Ctrl-C: at TALLY_SPARK, with what TALLY_SPARK_CONF says."""
    from orchestration import spark_server
    from warehouse.spark import DEFAULT, address

    place = address() or DEFAULT
    with running("spark"):
        said = f"Spark answers at {place}: with TALLY_SPARK={place} every command asks it. Ctrl-C ends it."
        spark_server.serve(place, lambda: typer.echo(said))


@app.command()
def spark_tables() -> None:
    """Show Spark's tables in the DuckDB file as they are now: after a `dbt build --target spark` by hand."""
    from orchestration.on_spark import show
    from warehouse.settings import warehouse_path

    with running("spark-tables"):
        shown = show(warehouse_path())
    typer.echo(f"{shown} tables of Spark's are shown in {warehouse_path()}.")


@app.command()
def spark_forecasts() -> None:
    """Make the forecasts with DuckDB from Spark's tables as the file shows them, and copy them there: for `dbt build --select source:forecasting+`."""
    from orchestration.on_spark import forecast
    from warehouse.errors import WarehouseError
    from warehouse.settings import warehouse_path

    with running("spark-forecasts"):
        if error := forecast(warehouse_path()):
            raise WarehouseError(f"the forecasts could not be made: {error}")
    typer.echo("The forecasts are on Spark.")


Destination = Annotated[
    str | None,
    typer.Option(
        "--place",
        envvar="TALLY_BACKUPS",
        help="A folder or a URL of fsspec's, such as s3://bucket/tally; else <warehouse>.backups beside the warehouse.",
    ),
]


@app.command()
def backup(
    destination: Destination = None,
    keep: Annotated[int, typer.Option(min=1, help="How many back-ups stay; the oldest go.")] = 14,
) -> None:
    """Back the warehouse up: the DuckDB file, what is published, what alerts were sent, who was forgotten, in one file."""
    from warehouse.backup import backup as make_backup
    from warehouse.settings import warehouse_path

    with running("backup"):
        made = make_backup(warehouse_path(), destination, keep)
    typer.echo(f"Backed up: {made.name}, {made.size / 1e6:,.1f} MB. `make restore` puts it back.")


@app.command()
def restore(
    destination: Destination = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The newest back-up of this day (UTC) or before; else the newest."),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Make it this warehouse, such as data/preproduction.duckdb, and touch no other.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the back-ups, and change nothing.")] = False,
    forgotten: Annotated[
        str | None,
        typer.Option(
            metavar="IDS",
            help="Customers who were forgotten since the back-up, such as 4711,4712, or `none`: for where neither the "
            "warehouse nor <warehouse>.forgotten beside it can say.",
        ),
    ] = None,
) -> None:
    """Put a back-up in the warehouse's place; what was there is moved aside.

    Customers who were forgotten since are forgotten in it first. A restore that was interrupted is finished by the next
    command that opens the warehouse.
    """
    from warehouse.backup import backups
    from warehouse.backup import restore as put_back
    from warehouse.settings import warehouse_path

    with running("restore"):
        if listed:
            for each in backups(warehouse_path(), destination):
                typer.echo(f"{each.made_at:%Y-%m-%d %H:%M:%S} UTC  {each.size / 1e6:>10,.1f} MB  {each.name}")
            return
        ids = None if forgotten is None else {each.strip() for each in forgotten.split(",")} - {"", "none"}
        restored, aside = put_back(warehouse_path(), destination, until.date() if until else None, into, ids)
    kept = f" What was there before is in {aside.name} beside it." if aside else ""
    typer.echo(f"Restored: the warehouse of {restored.made_at:%Y-%m-%d %H:%M:%S} UTC.{kept}")


if __name__ == "__main__":
    app(prog_name="python -m orchestration")
