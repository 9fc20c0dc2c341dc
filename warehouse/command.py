"""What every command line has in common: logging set up, and an error as one line with exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from warehouse.errors import TallyError
from warehouse.log import set_up_logging
from warehouse.paths import DEFAULT_WAREHOUSE
from warehouse.text import printable_lines

WarehouseOption = Annotated[
    Path,
    typer.Option("--warehouse", envvar="TALLY_WAREHOUSE", help="The DuckDB file that dbt builds."),
]


def new_app(help_text: str | None = None, *, no_args_is_help: bool = False) -> typer.Typer:
    """A command line as all of Tally's are: no completion scripts, plain tracebacks for bugs."""
    return typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, no_args_is_help=no_args_is_help, help=help_text
    )


@contextmanager
def running(name: str, *, with_time: bool = False) -> Iterator[None]:
    """Run a command: what it logs is shown, and a foreseen error ends it with `name: message` and exit code 1.

    Raises:
        typer.Exit: a TallyError was raised within.
    """
    set_up_logging(with_time=with_time)
    try:
        yield
    except TallyError as error:
        typer.echo(printable_lines(f"{name}: {error}"), err=True)
        raise typer.Exit(1) from None


__all__ = ["DEFAULT_WAREHOUSE", "WarehouseOption", "new_app", "running"]
