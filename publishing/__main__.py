"""`python -m publishing`: the marts as Parquet beside the warehouse, and copies of them elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from warehouse.command import DEFAULT_WAREHOUSE, WarehouseOption, new_app, running

app = new_app()


@app.callback(invoke_without_command=True)
def main(context: typer.Context, warehouse: WarehouseOption = DEFAULT_WAREHOUSE) -> None:
    """Write every mart as Parquet to <warehouse without .duckdb>.marts/, and the rows of the site's pages beside it.

    The new files take the place of the old ones all at once, and only if the newest dbt build ended well; otherwise
    what was published stays, and the exit code is 1.
    """
    if context.invoked_subcommand is not None:
        return
    from rich.status import Status

    from publishing.site import publish_all
    from warehouse.log import console
    from warehouse.paths import WarehousePaths

    with running("publishing"), Status("Publishing …", console=console) as status:

        def show(mart: str, position: int, count: int) -> None:
            status.update(f"Publishing {mart} ({position + 1} of {count}) …")

        publication = publish_all(warehouse, show)
    rows = sum(publication.marts.values())
    typer.echo(f"Published {len(publication.marts)} marts ({rows:,} rows) to {WarehousePaths(warehouse).marts}.")


class Format(StrEnum):
    """The kinds of file in a folder or an object store."""

    PARQUET = "parquet"
    CSV = "csv"


def _from_environment(url: str) -> str:
    scheme, _, name = url.partition(":")
    if scheme != "env":
        return url
    if not os.environ.get(name):
        raise typer.BadParameter(f"the environment has no {name}", param_hint="URL")
    return os.environ[name]


@app.command()
def to(
    url: Annotated[
        str,
        typer.Argument(
            help="A folder or a URL of fsspec's (s3://bucket/path), sqlite:///file.db, mysql://, mariadb://, "
            "postgresql:// or mongodb://user:password@host/database; env:NAME takes it from the environment, "
            "which keeps a password out of the list of processes.",
        ),
    ],
    marts: Annotated[list[str] | None, typer.Argument(help="More marts, after --select.", show_default=False)] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", help="Copy this mart; * and ? as in a shell. All of them without it."),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("--format", help="What to write to a folder or an object store; both without it."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Copy every mart whole, even where a copy exists.")] = False,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
) -> None:
    """Copy the published marts elsewhere: whole the first time, then only what changed.

    Rows that a mart no longer has are deleted from its copy. A mart whose copy was changed by another program is copied whole again.
    """
    from rich.status import Status

    from publishing.copies.copier import copy_marts
    from warehouse.log import console

    with running("publishing"), Status("Copying …", console=console) as status:

        def show(mart: str, position: int, count: int) -> None:
            status.update(f"Copying {mart} ({position + 1} of {count}) …")

        kinds = [str(kind) for kind in formats or Format]
        copied = copy_marts(warehouse, _from_environment(url), [*(select or []), *(marts or [])], kinds, full, show)
    for one in copied:
        if one.how == "whole":
            typer.echo(f"{one.mart}: {one.added:,} rows, whole")
        elif one.how == "changes":
            typer.echo(f"{one.mart}: {one.added:,} rows written, {one.removed:,} deleted")
    unchanged = sum(one.how == "unchanged" for one in copied)
    typer.echo(f"{len(copied) - unchanged} marts copied, {unchanged} were up to date.")


@app.command()
def diff(
    old: Annotated[
        Path | None,
        typer.Argument(
            help="A folder of published marts, or a warehouse's file; without it, the publication before the newest."
        ),
    ] = None,
    new: Annotated[
        Path | None, typer.Argument(help="The same; without it, the newest publication of the warehouse.")
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", help="Compare this mart; * and ? as in a shell. All of them without it."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", help="Leave this mart out; * and ? as in a shell.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="Do not compare values of this column, such as load_id; * and ? as in a shell."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 3 where anything differs.")] = False,
    limit: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT",
            min=0,
            help="Exit with 3 where a mart or a column is gone, or more than this share of a mart's rows differ.",
        ),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
) -> None:
    """Compare two publications by the marts' keys: rows only in one, and by column how many differ and by how much.

    A publication is a folder such as data/warehouse.marts: copy it (cp -rL) to keep it for a comparison.
    """
    from rich import box
    from rich.console import Console
    from rich.status import Status
    from rich.table import Table

    from publishing.difference import columns_said, compare, marts_folder, previous_version
    from publishing.difference import markdown as as_markdown
    from warehouse.log import console

    with running("diff"), Status("Comparing …", console=console) as status:

        def show(mart: str, position: int, count: int) -> None:
            status.update(f"Comparing {mart} ({position + 1} of {count}) …")

        after = marts_folder(new or warehouse)  # first: where there is none, there is none before it
        found = compare(
            marts_folder(old or previous_version(warehouse)),
            after,
            select or (),
            exclude or (),
            ignore or (),
            show,
        )
    differing = [mart for mart in found.marts if not mart.is_same]
    if markdown:
        typer.echo(as_markdown(found), nl=False)
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("mart")
        for name in ("before", "now", "only before", "only now", "changed"):
            table.add_column(name, justify="right")
        table.add_column("columns", overflow="fold")
        for mart in differing:
            counts = (mart.old_rows, mart.new_rows, mart.only_old, mart.only_new, mart.changed)
            table.add_row(mart.mart, *("–" if count is None else f"{count:,}" for count in counts), columns_said(mart))
            for column in mart.columns:
                by = (
                    ""
                    if column.largest is None
                    else f", by at most {column.largest:,.6g}, {column.change:+,.6g} in all"
                )
                table.add_row("", "", "", "", "", f"{column.rows:,}", f"{column.name}{by}")
        screen = Console(width=None if sys.stdout.isatty() else 160, markup=False, highlight=False)
        if differing:
            screen.print(table)
        typer.echo(
            f"{found.old.published_at:%Y-%m-%d %H:%M} UTC → {found.new.published_at:%Y-%m-%d %H:%M} UTC: "
            f"{len(differing)} marts differ, {len(found.marts) - len(differing)} are equal."
        )
    surprising = [mart.mart for mart in differing if limit is not None and mart.exceeds(limit)]
    if surprising:
        typer.echo(f"Beyond the limit of {limit:g} %: {', '.join(surprising)}.")
    if surprising or (exit_code and differing):
        raise typer.Exit(3)


def _moved(context: typer.Context) -> None:
    """Moved to `python -m notifications`; this spelling goes with the next release."""
    words = [context.info_name or "", *context.args]
    typer.echo(f"publishing: `{words[0]}` has moved to `python -m notifications {words[0]}`.", err=True)
    # publishing must not import notifications, which depends on it; the command is the same.
    command = [sys.executable, "-m", "notifications", *words]
    raise typer.Exit(subprocess.run(command, cwd=Path.cwd(), check=False).returncode)


for name in ("digest", "alerts", "tell"):
    app.command(
        name,
        hidden=True,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_moved)


if __name__ == "__main__":
    app(prog_name="python -m publishing")
