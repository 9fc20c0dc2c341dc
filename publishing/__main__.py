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
