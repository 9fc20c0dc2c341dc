"""`python -m docs`: the documentation that is made from the project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="The folder that the two pages go into.")] = Path("target"),
) -> None:
    """dbt's documentation and the lineage of columns, as two pages that open offline (about half a minute).

    They are made from a warehouse of their own without a row in it: neither your data nor its lock is touched.
    """
    from docs.project import DocsError
    from docs.site import build as build_site

    try:
        pages = build_site(out, lambda step: typer.echo(f"docs: {step}", err=True))
    except DocsError as error:
        typer.echo(f"docs: {error}", err=True)
        raise typer.Exit(1) from None
    for page in pages:
        typer.echo(f"{page}")


@app.command()
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 where a file is stale.")] = False,
) -> None:
    """Write the committed files that are made from others: the mart diagram, the holidays seed."""
    from docs.generated import stale, write
    from docs.project import DocsError

    try:
        names = stale()
    except DocsError as error:
        typer.echo(f"docs: {error}", err=True)
        raise typer.Exit(1) from None
    if check:
        for name in names:
            typer.echo(f"{name} is stale: run `python -m docs generate`", err=True)
        raise typer.Exit(1 if names else 0)
    for name in names:
        write(name)
        typer.echo(f"{name} written")
    if not names:
        typer.echo("Nothing is stale.")


if __name__ == "__main__":
    app(prog_name="python -m docs")
