"""`python -m reports`: build the site and serve it."""

import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from reports.errors import SiteError

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help=__doc__,
)

Site = Annotated[Path, typer.Option("--out", envvar="TALLY_SITE", help="The site's folder.")]
HERE = Path(__file__).parent / "build"


@app.command()
def build(
    out: Site = Path("reports/build"),
    time_limit: Annotated[float, typer.Option(help="Seconds that the build may take.", min=1)] = 900,
) -> None:
    """Build the pages, unless they are built already: about a minute, once, and again when a page has changed.

    Their rows come with each publication (`python -m publishing`). The site that is there stays until the new one is
    whole, and if the build fails.
    """
    from rich.console import Console

    from reports.site import build as build_site

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that Evidence ends with it
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    begun = time.monotonic()
    with console.status("Building the site …") as status:

        def show(step: str) -> None:
            if console.is_terminal:
                status.update(f"Building the site: {step} …")
            else:
                typer.echo(f"reports: {step}", err=True)

        try:
            pages = build_site(out, time_limit, show)
        except SiteError as error:
            status.stop()
            typer.echo(f"reports: {error}", err=True)
            raise typer.Exit(1) from None
    if pages is None:
        typer.echo(f"The pages in {out} are up to date.")
    else:
        typer.echo(f"Built {pages} pages into {out} in {time.monotonic() - begun:.0f} s.")


@app.command()
def dev(
    page: Annotated[str, typer.Argument(help="The page's folder under reports/pages, or overview.")],
    warehouse: Annotated[
        Path, typer.Option("--warehouse", envvar="TALLY_WAREHOUSE", help="The DuckDB file whose publication it shows.")
    ] = Path("data/warehouse.duckdb"),
    port: Annotated[int, typer.Option(help="Where it is shown, on this machine.", min=1, max=65535)] = 3001,
) -> None:
    """Show one page while you write it: each save of the page, a component or its SQL shows at once."""
    from reports.dev import dev as show_page

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        show_page(page, warehouse, port, lambda line: typer.echo(f"reports: {line}", err=True))
    except SiteError as error:
        typer.echo(f"reports: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def serve(
    site: Site = Path("reports/build"),
    warehouse: Annotated[
        Path,
        typer.Option(
            "--warehouse", envvar="TALLY_WAREHOUSE", help="The DuckDB file whose newest publication the pages show."
        ),
    ] = Path("data/warehouse.duckdb"),
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name by which readers reach the site, such as tally.example.org behind a proxy; may be given again. "
            "This machine's own and --host are allowed anyway; any other gets a 400."
        ),
    ] = None,
) -> None:
    """Serve the built pages, and under /data the rows of the newest publication."""
    from reports.server import serve as serve_site

    try:
        serve_site(site, warehouse, host, port, allowed_host or [])
    except SiteError as error:
        typer.echo(f"reports: {error}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app(prog_name="python -m reports")
