"""`python -m tools`: the documentation that is made from the project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.command import new_app, running

app = new_app(__doc__, no_args_is_help=True)


@app.command()
def build(
    out: Annotated[Path, typer.Option(help="The folder that the two pages go into.")] = Path("target"),
) -> None:
    """dbt's documentation and the lineage of columns, as two pages that open offline (about half a minute).

    They are made from a warehouse of their own without a row in it: neither your data nor its lock is touched.
    """
    from tools.docs_pages import build as build_site

    with running("docs"):
        pages = build_site(out)
    for page in pages:
        typer.echo(f"{page}")


@app.command()
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 where a file is stale.")] = False,
) -> None:
    """Write the committed files that are made from others: the raw tables of dbt, the holidays seed, pages of docs/."""
    from tools.generated import stale, write

    found = False
    with running("tools"):
        for name, text in stale():
            found = True
            if check:
                typer.echo(f"{name} is stale: run `python -m tools generate`", err=True)
            else:
                write(name, text)
                typer.echo(f"{name} written")
    if not found:
        typer.echo("Nothing is stale.")
    if check and found:
        raise typer.Exit(1)


@app.command()
def pictures(
    out: Annotated[Path, typer.Option(help="The folder that they are written into.")] = Path("docs"),
    warehouse: Annotated[
        Path, typer.Option("--warehouse", envvar="TALLY_WAREHOUSE", help="The DuckDB file whose publication they show.")
    ] = Path("data/warehouse.duckdb"),
    site: Annotated[Path, typer.Option(envvar="TALLY_SITE", help="The built site.")] = Path("reports/build"),
    chromium: Annotated[str, typer.Option(help="The browser's program.")] = "chromium",
) -> None:
    """Take the pictures of README and the tour from the built site; Chromium is needed."""
    from tools.pictures import take

    with running("pictures"):
        taken = take(out, warehouse, site, chromium)
    for picture in taken:
        typer.echo(f"{picture}, {picture.stat().st_size / 1000:.0f} kB")


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="The folder of the video and of the warehouse that it shows.")] = Path(
        "demo"
    ),
    chromium: Annotated[str, typer.Option(help="The browser's program.")] = "chromium",
) -> None:
    """Record the demonstration as a video, as it happens: from an empty database to the figures; Chromium is needed."""
    from tools.demo import record

    with running("demo"):
        video = record(out, chromium, typer.echo)
    typer.echo(f"{video}, {video.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    app(prog_name="python -m tools")
