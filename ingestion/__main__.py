"""`python -m ingestion`: load what the providers have written since the last time."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from types import FrameType
from typing import Annotated

import typer

from ingestion.errors import SourceError
from ingestion.sources import NAMES
from warehouse.command import new_app, running
from warehouse.text import printable_lines

app = new_app()


@app.command()
def ingest(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Which to load: {', '.join(NAMES)}, or feeds by name. By default every feed, and every source; as soon as there is a "
            "feed only those sources whose address you have set."
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help=f"Only what fills one domain ({', '.join(NAMES)}): its feeds, and the source itself where it is to be asked.",
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Only events of this day (UTC) and later. Ignores the cursor and leaves it where it is.",
        ),
    ] = None,
    full_refresh: Annotated[
        bool,
        typer.Option(
            "--full-refresh",
            help="Take everything again and compare it. What only the warehouse still has stays; what was rejected and is not any more is no longer listed.",
        ),
    ] = False,
    reconcile: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=1,
            max=36_500,
            help="Ask the online shop again for what it wrote in the last DAYS days: takes in what came late or was edited in place, "
            "and marks as withdrawn what is gone. Every other source runs as always.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER/COUNT",
            help="Only one of COUNT shares of the keys, such as 3/8, into a DuckDB file of the shard's own, and from there to TALLY_LANDING: "
            "`python -m ingestion commit` takes it into the warehouse.",
        ),
    ] = None,
) -> None:
    """Load what the providers and your own files have that is new into the warehouse's raw tables.

    The warehouse is TALLY_WAREHOUSE (default data/warehouse.duckdb). Providers are set in .dlt/config.toml,
    .dlt/secrets.toml or the environment, as in SOURCES__FOOTFALL__BASE_URL and SOURCES__FOOTFALL__API_KEY.

    Feeds are files of your own, mapped by feeds/NAME.toml: `python -m ingestion draft FILE` writes one, `check feeds/NAME.toml` shows
    what it would load (docs/your-own-data.md).

    `python -m ingestion accept NAME` shows what a refused file would change, and loads it; `forget-customer ID` erases one
    person's data; `compact` gives back the space that nothing uses; `commit` takes what shards have shipped.
    """
    from ingestion.feeds import folder

    known = [*NAMES, *folder.names()]
    for name in sources or []:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is neither a source nor a feed; there are: {', '.join(known)}")
    if domain and (sources or domain not in NAMES):
        raise typer.BadParameter(f"--domain is one of {', '.join(NAMES)}, and stands alone")
    if since and (full_refresh or reconcile):
        raise typer.BadParameter(f"--since and --{'full-refresh' if full_refresh else 'reconcile'} exclude each other")
    if shard and full_refresh:
        raise typer.BadParameter(
            "--shard and --full-refresh exclude each other: delete the shard's file, and it takes everything again"
        )
    # Imported here so that --help is quick.
    from rich.console import Console

    from ingestion.landing import landing
    from ingestion.progress import Progress, closing_table
    from ingestion.runner import Reconciliation, run
    from ingestion.shards import Shard
    from ingestion.ship import ship
    from warehouse.log import console
    from warehouse.settings import lock_timeout, warehouse_path

    with running("ingestion"):
        part = Shard.parse(shard) if shard else None
        place = landing() if part else None
        path = part.file(warehouse_path()) if part else warehouse_path()
        names = list(dict.fromkeys(sources or [])) if domain is None else folder.that_fill(domain)
        if domain is not None and not names:
            typer.echo(f"Nothing fills {domain}: no feed does, and the source has no address of its own.")
            return
        try:
            results = run(
                names,
                path,
                since=since.date() if since else None,
                full_refresh=full_refresh,
                reconcile=Reconciliation(reconcile) if reconcile else None,
                lock_timeout=lock_timeout(),
                progress=Progress.on(console),
                shard=part,
            )
            if part and place:
                shipped = ship(path, part, place, lock_timeout())
        except KeyboardInterrupt as stop:
            console.print("ingestion: stopped; the next run goes on from here", markup=False)
            is_terminated = isinstance(stop, _Terminated) or getattr(stop, "signal_code", 0) == signal.SIGTERM
            raise typer.Exit(143 if is_terminated else 130) from None
    Console().print(closing_table(results))
    if part and place:
        typer.echo(f"Shipped to {place.shown}: {sum(table.rows for table in shipped.tables):,} rows of shard {part}.")
    raise typer.Exit(1 if any(result.error for result in results) else 0)


checking = new_app()


@checking.command()
def check(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="The feed's file, feeds/doors.toml, or its name.")],
) -> None:
    """Show what a feed would load: its first rows, totals by day, and every reason for a rejection. Loads nothing.

    Ends with 1 where a file cannot be read or no row can be loaded.
    """
    from pathlib import Path

    from rich.console import Console

    from ingestion.feeds.check import check as check_feed
    from ingestion.feeds.check import show
    from warehouse.settings import feeds_path, run_clock

    path = Path(feed) if feed.endswith(".toml") else feeds_path() / f"{feed}.toml"
    with running("check"):
        found, checked = check_feed(path, run_clock())
    name = path.name.removesuffix(".toml")
    show(name, found, checked, Console())
    if checked.loaded and not checked.errors:
        typer.echo(f"`python -m ingestion {name}` loads it.")
    raise typer.Exit(1 if checked.errors or (checked.lines and not checked.loaded) else 0)


drafting = new_app()


@drafting.command()
def draft(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="One of the files: a CSV, a workbook, JSON or Parquet. Or a database, as env:NAME of the variable that holds its URL; or a "
            "file with [sql] or [rest], which say where to ask.",
        ),
    ],
    fills: Annotated[
        str | None, typer.Option("--fills", help="What its rows are, such as retail.sales; else what its columns say.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", help="One of feeds/presets; else that of which it has all columns.")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", help="The feed's file; by default named after FILE.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="The table of a database.")] = None,
) -> None:
    """Write a first feed for a file: what its header and cells say, and what only you can know as questions (`# ?`).

    Overwrites nothing, and loads nothing.
    """
    from pathlib import Path

    from ingestion import bounds
    from ingestion.feeds.draft import draft as draft_feed
    from ingestion.feeds.draft import write
    from ingestion.feeds.draft_asked import draft_asked, is_asked
    from warehouse.settings import feeds_path, run_clock

    path = Path(out) if out else None
    with running("draft"):
        name, latest = path.name.removesuffix(".toml") if path else None, bounds.latest(run_clock())
        if is_asked(file):
            made = draft_asked(file, table, fills, preset, name, latest)
        else:
            made = draft_feed(Path(file), fills, preset, name, latest)
        written = write(made, path or feeds_path() / f"{made.name}.toml")
    shown = [each.relative_to(Path.cwd()) if each.is_relative_to(Path.cwd()) else each for each in written]
    typer.echo("\n".join(f"{each} written." for each in shown))
    what = f"fills {made.fills}" if made.fills else "does not say what it fills"
    typer.echo(f"It {what}{f', as the preset {made.preset} does' if made.preset else ''}.")
    if made.questions:
        typer.echo(
            f"Questions that only you can answer: {made.questions}, the lines with `# ?`. Put the answer there, without the `#` before it."
        )
    typer.echo(f"Next: python -m ingestion check {shown[0]}")


accepting = new_app()


@accepting.command()
def accept(
    source: Annotated[str, typer.Argument(metavar="NAME", help="What refused a file: retail, or a feed.")],
    mode: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="replace_days|replace",
            help="What a file of retail means: it replaces the days of which it has lines, or it is all there is. A feed's file "
            "replaces what the file brought before.",
        ),
    ] = "replace_days",
    yes: Annotated[bool, typer.Option("--yes", help="Load it without asking, where there is no terminal.")] = False,
) -> None:
    """Show what a refused file would change, and load it once.

    It is known by its content: one that has changed since it was shown is shown again. Products and stores that a file no longer
    has stay, because sales refer to them.
    """
    from ingestion.accept import accept as accept_files
    from ingestion.accept import refused
    from ingestion.feeds import folder
    from ingestion.runner import run
    from ingestion.schemas import Mode
    from ingestion.sources import source as source_of
    from warehouse.settings import lock_timeout, run_clock, warehouse_path

    known = [*(name for name in NAMES if source_of(name).is_whole), *folder.names()]
    if source not in known:
        raise typer.BadParameter(f"{source!r} has no files to accept; there are: {', '.join(known)}")
    modes: dict[str, Mode] = {"replace_days": "replace_days", "replace": "replace"}
    if mode not in modes:
        raise typer.BadParameter(f"--as {mode!r} is none of {', '.join(modes)}")
    shown: set[str] = set()
    with running("accept"):
        while files := refused(source, warehouse_path(), modes[mode], lock_timeout(), run_clock()):
            contents = {file.content_hash for file in files}
            if contents <= shown:  # the run has said what went wrong
                raise typer.Exit(1)
            if shown:
                typer.echo("accept: the file has changed since it was shown.", err=True)
            for file in files:
                typer.echo("\n".join(printable_lines(line) for line in file.lines()))
            shown |= contents
            if not yes and not (sys.stdin.isatty() and typer.confirm("Load it?")):
                raise SourceError("nothing was loaded; say --yes to load it without a terminal")
            accept_files(source, warehouse_path(), files, lock_timeout())
            (result,) = run([source], warehouse_path(), lock_timeout=lock_timeout())
            if result.error is None:
                typer.echo(f"Loaded: {result.new:,} rows new, {result.changed:,} changed or no longer counted.")
                return
    if shown:
        raise typer.Exit(1)
    typer.echo(f"No file of {source} is refused: `python -m ingestion {source}` loads what there is.")


forgetting = new_app()


@forgetting.command()
def forget_customer(customer_id: Annotated[str, typer.Argument(metavar="ID", help="The customer's id.")]) -> None:
    """Erase one customer's name, address, e-mail and phone number from the warehouse, for good.

    Every version is emptied, and so are rejected records and what ingestion keeps beside the warehouse; the file is
    rewritten. When the provider sends the customer again, only id, country and dates are stored. Orders, and with them
    revenue by country, stay as they are. Back-ups are not touched: erase there again after restoring one.
    """
    from warehouse.forget import forget_customer as forget
    from warehouse.settings import lock_timeout, warehouse_path
    from warehouse.upgrade import upgrade

    with running("forget-customer"):
        upgrade(warehouse_path(), lock_timeout())
        done = forget(warehouse_path(), customer_id, lock_timeout())
    typer.echo(
        f"Customer {customer_id} is forgotten since {done.since:%Y-%m-%d %H:%M} UTC: {done.versions} versions and "
        f"{done.rejected} rejected records were emptied now. Back-ups made before still hold them."
    )


compacting = new_app()


@compacting.command()
def compact() -> None:
    """Give back the space in the warehouse's file that nothing uses, and purge what is older than retention allows.

    Rows on loads and runs go after RETENTION__LOADS_DAYS (by default 400). Raw rows stay, unless RETENTION__RAW_DAYS is set: then
    readings, orders and hours of air older than so many days go, and the next build takes their days out of the marts.

    Where TALLY_SPARK is set, Spark's tables are written into fewer files and their earlier states deleted: run it while nobody builds.

    Takes as much space on the disk again while it runs.
    """
    from ingestion.sources import event_tables
    from warehouse import ducklake, spark, spark_tidy
    from warehouse.compact import compact as compact_file
    from warehouse.errors import WarehouseError
    from warehouse.purge import purge
    from warehouse.raw_tables import RAW_TABLES
    from warehouse.settings import Retention, lock_timeout, warehouse_path
    from warehouse.upgrade import upgrade

    path = warehouse_path()
    with running("compact"):
        if not ducklake.exists(path):
            raise WarehouseError(f"there is no warehouse at {path}: set TALLY_WAREHOUSE")
        upgrade(path, lock_timeout())
        before = None if ducklake.lake_of(path) else path.stat().st_size
        purged = purge(path, Retention.load(), event_tables(), lock_timeout())
        # Printed at once: these rows are purged, even if rewriting the file fails.
        for table, (rows, cutoff) in purged.raw_rows.items():
            typer.echo(f"{table}: {rows:,} rows from before {cutoff:%Y-%m-%d} purged.")
        if any(rows for rows, _ in purged.raw_rows.values()):
            typer.echo("The next `dbt build` removes those days from the marts.")
        compact_file(path, lock_timeout())
        if spark.address():
            with spark.connected() as connection:
                typer.echo(spark_tidy.tidy(path, connection, tuple(RAW_TABLES), lock_timeout()))
    size = f"{before / 1e6:,.1f} MB before, {path.stat().st_size / 1e6:,.1f} MB now; " if before is not None else ""
    typer.echo(f"{size}{purged.ledger_rows:,} old rows on loads and runs purged.")


committing = new_app()


@committing.command()
def commit() -> None:
    """Take what shards have shipped to TALLY_LANDING into the warehouse, each shipment whole or not at all.

    One committer at a time. Killed at any moment and run again it takes each shipment once.
    """
    from ingestion.commit import Committed
    from ingestion.commit import commit as take
    from ingestion.landing import landing
    from warehouse.settings import lock_timeout, warehouse_path

    done: list[Committed] = []

    def tell(each: Committed) -> None:
        done.append(each)
        typer.echo(f"{each.shipment}: {each.rows:,} rows new or changed")

    with running("commit"):
        take(warehouse_path(), landing(), lock_timeout(), tell)
    typer.echo(f"{len(done):,} shipments committed, {sum(each.rows for each in done):,} rows.")


taking = new_app()


@taking.command()
def to_spark() -> None:
    """Take what is new in the raw tables to Spark (TALLY_SPARK): before a `dbt build --target spark` by hand.

    `python -m orchestration run` does so by itself.
    """
    from ingestion.to_spark import to_spark as take
    from warehouse.settings import lock_timeout, warehouse_path
    from warehouse.upgrade import upgrade

    with running("to-spark"):
        upgrade(warehouse_path(), lock_timeout())
        written = take(warehouse_path(), lock_timeout())
    for relation, rows in written.items():
        typer.echo(f"{relation}: {rows:,} rows on Spark now")
    typer.echo(f"{len(written)} tables taken to Spark.")


restamping = new_app()


@restamping.command()
def restamp() -> None:
    """Date back what was loaded while the machine's clock ran ahead, so that ingestion can go on.

    Set the clock right first, and back the warehouse up. Loads and runs later than the clock are dated just before now,
    in their order; times that providers sent stay.
    """
    from warehouse.clock import restamp as restamp_all
    from warehouse.settings import lock_timeout, warehouse_path
    from warehouse.upgrade import upgrade

    with running("restamp"):
        upgrade(warehouse_path(), lock_timeout())
        done = restamp_all(warehouse_path(), lock_timeout())
    if done.newest_was is None:
        typer.echo("No load is later than the machine's clock.")
        return
    typer.echo(
        f"{done.loads} loads were dated back, the newest from {done.newest_was:%Y-%m-%d %H:%M:%S} UTC. "
        "Run `python -m ingestion`, then `dbt build --full-refresh`."
    )


class _Terminated(KeyboardInterrupt):
    """SIGTERM: ends a run the way Ctrl-C does."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def main() -> None:
    """The command line; ends with 130 on Ctrl-C and 143 on SIGTERM."""
    signal.signal(signal.SIGTERM, _terminate)
    # A command of its own: as a subcommand its name would be one of the sources.
    if sys.argv[1:2] == ["check"]:
        checking(sys.argv[2:], prog_name="python -m ingestion check")
    if sys.argv[1:2] == ["draft"]:
        drafting(sys.argv[2:], prog_name="python -m ingestion draft")
    if sys.argv[1:2] == ["accept"]:
        accepting(sys.argv[2:], prog_name="python -m ingestion accept")
    if sys.argv[1:2] == ["forget-customer"]:
        forgetting(sys.argv[2:], prog_name="python -m ingestion forget-customer")
    if sys.argv[1:2] == ["commit"]:
        committing(sys.argv[2:], prog_name="python -m ingestion commit")
    if sys.argv[1:2] == ["compact"]:
        compacting(sys.argv[2:], prog_name="python -m ingestion compact")
    if sys.argv[1:2] == ["to-spark"]:
        taking(sys.argv[2:], prog_name="python -m ingestion to-spark")
    if sys.argv[1:2] == ["restamp"]:
        restamping(sys.argv[2:], prog_name="python -m ingestion restamp")
    app(prog_name="python -m ingestion")


if __name__ == "__main__":
    main()
