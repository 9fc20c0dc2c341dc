"""`python -m publishing`: the marts as Parquet beside the warehouse."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Warehouse = Annotated[
    Path,
    typer.Option("--warehouse", envvar="TALLY_WAREHOUSE", help="The DuckDB file that dbt builds."),
]


@app.callback(invoke_without_command=True)
def main(context: typer.Context, warehouse: Warehouse = Path("data/warehouse.duckdb")) -> None:
    """Write every mart as Parquet to <warehouse without .duckdb>.marts/.

    The new files take the place of the old ones all at once, and only if the newest dbt build ended well; otherwise
    what was published stays, and the exit code is 1.
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.status import Status

    from publishing.parquet import publish
    from publishing.publication import PublishingError, marts_folder

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Status("Publishing …", console=console) as status:

        def show(mart: str, position: int, count: int) -> None:
            status.update(f"Publishing {mart} ({position + 1} of {count}) …")

        try:
            publication = publish(warehouse, show)
        except PublishingError as error:
            status.stop()
            typer.echo(f"publishing: {error}", err=True)
            raise typer.Exit(1) from None
    rows = sum(publication.marts.values())
    typer.echo(f"Published {len(publication.marts)} marts ({rows:,} rows) to {marts_folder(warehouse)}.")


@app.command()
def digest(
    warehouse: Warehouse = Path("data/warehouse.duckdb"),
    out: Annotated[Path | None, typer.Option(help="Write it to this file, instead of printing it.")] = None,
) -> None:
    """Yesterday, the week and what needs attention, as plain Markdown: for a terminal, a mail or GitHub."""
    from publishing.digest import digest as make_digest
    from publishing.publication import PublishingError

    try:
        text = make_digest(warehouse)
        if out:
            out.write_text(text, encoding="utf-8")
    except PublishingError as error:
        typer.echo(f"publishing: {error}", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"publishing: {out} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    if not out:
        typer.echo(text, nl=False)


@app.command()
def tell(
    text: Annotated[str, typer.Argument(help="What to say.")],
    subject: Annotated[str, typer.Option(help="The mail's subject.")] = "Tally",
) -> None:
    """Say something to the addresses of the alerts, once and now: for schedules whose task failed."""
    from publishing.alerts import tell as tell_all
    from publishing.publication import PublishingError
    from publishing.settings import alert_urls

    try:
        urls = alert_urls()
        tell_all(urls, subject, text)
    except PublishingError as error:
        typer.echo(f"publishing: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"told {len(urls)}" if urls else "nobody is to be told: PUBLISHING__ALERT_URLS is not set")


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
def alerts(
    warehouse: Warehouse = Path("data/warehouse.duckdb"),
    with_digest: Annotated[
        bool | None,
        typer.Option(
            "--digest/--no-digest", help="With the digest, or without; else once for each new day, in the morning."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the mail instead, and send nothing.")] = False,
) -> None:
    """Mail what alerts opened and closed since the last time, in one mail; nothing where nothing did.

    It goes to the addresses in PUBLISHING__ALERT_URLS (or [publishing] alert_urls in .dlt/secrets.toml), which are
    apprise's: mailtos://user:password@host?to=a@b.example for a mail, and others for chats. What could not be sent goes with the next try.
    """
    from publishing.alerts import preview, send
    from publishing.publication import PublishingError
    from publishing.settings import alert_urls

    try:
        urls = alert_urls()
        if dry_run:
            typer.echo(preview(warehouse, urls, with_digest), nl=False)
            return
        if not urls:
            raise PublishingError(
                "Nobody is to be told: set PUBLISHING__ALERT_URLS, for example to mailtos://user:password@host?to=a@b.example."
            )
        typer.echo(f"alerts: {send(warehouse, urls, with_digest)}")
    except PublishingError as error:
        typer.echo(f"publishing: {error}", err=True)
        raise typer.Exit(1) from None


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
    full: Annotated[bool, typer.Option("--full", help="Copy whole, whatever is there.")] = False,
    warehouse: Warehouse = Path("data/warehouse.duckdb"),
) -> None:
    """Copy the published marts elsewhere: whole the first time, then only what changed.

    What left a mart leaves its copy. A mart whose copy is not as it was left is copied whole again.
    """
    from rich.console import Console
    from rich.status import Status

    from publishing.copies.copier import copy_marts
    from publishing.publication import PublishingError

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Status("Copying …", console=console) as status:

        def show(mart: str, position: int, count: int) -> None:
            status.update(f"Copying {mart} ({position + 1} of {count}) …")

        try:
            kinds = [str(kind) for kind in formats or Format]
            copied = copy_marts(warehouse, _from_environment(url), [*(select or []), *(marts or [])], kinds, full, show)
        except PublishingError as error:
            status.stop()
            typer.echo(f"publishing: {error}", err=True)
            raise typer.Exit(1) from None
    for one in copied:
        if one.how == "whole":
            typer.echo(f"{one.mart}: {one.added:,} rows, whole")
        elif one.how == "changes":
            typer.echo(f"{one.mart}: {one.added:,} rows written, {one.removed:,} taken away")
    unchanged = sum(one.how == "unchanged" for one in copied)
    typer.echo(f"{len(copied) - unchanged} marts copied, {unchanged} were as they should be.")


if __name__ == "__main__":
    app(prog_name="python -m publishing")
