"""`python -m publishing`: the marts as Parquet beside the warehouse."""

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


if __name__ == "__main__":
    app(prog_name="python -m publishing")
