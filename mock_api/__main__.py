"""The command line: `python -m mock_api`."""

import sys
from datetime import datetime
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from mock_api.settings import Case, Settings, World
from mock_api.times import parse_time

cli = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@cli.command()
def main(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one."),
    ] = 8000,
    world: Annotated[
        World,
        typer.Option(
            help="company: one chain, believable. seeds: the client's first figures, and seven French stores."
        ),
    ] = World.COMPANY,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another world.")] = 42,
    now: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Freeze the clock: 2026-11-22T05:00:00Z, or a date. Else the machine's.",
        ),
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="First day served, such as 2014-01-01. Else 13 months back (seeds: 120 days, orders 14).",
        ),
    ] = None,
    case: Annotated[
        list[Case] | None,
        typer.Option(
            help="What happens to real providers; what moves, moves on 2 November 2026. May be given several times."
        ),
    ] = None,
    chaos: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="RATE",
            help="Share of requests that fail: 429, 500, cut or truncated.",
        ),
    ] = 0.0,
    api_key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Ask for this key in X-API-Key. Else open to all."),
    ] = None,
    orders_rate: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=1000,
            metavar="RATE",
            help="Online orders a second, on the mean. Else 0.003, some 260 a day (seeds: 0.1).",
        ),
    ] = None,
) -> None:
    """Serve the mock providers. The interactive description of the API is at /docs."""
    frozen = _time("--now", now)
    first = _time("--history", history)
    try:
        settings = Settings(
            world=world,
            seed=seed,
            now=frozen,
            history=first.date() if first else None,
            chaos=chaos,
            api_key=api_key,
            orders_rate=orders_rate,
            cases=frozenset(case or ()),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        option = f"--{str(problem['loc'][0]).replace('_', '-')}: " if problem["loc"] else ""
        _stop(option + problem["msg"].removeprefix("Value error, "))

    from mock_api.app import (
        create_app,
    )  # slow imports: --help and bad options should not wait for them
    from mock_api.server import serve

    try:
        serve(
            create_app(settings),
            host,
            port,
            lambda address: print(f"Mock API ready on {address}", flush=True),
        )
    except ValueError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"cannot listen on {host}:{port}: {error.strerror or error}. Choose another with --host and --port.")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _time(option: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        _stop(f"{option} {text!r}: {error}")


def _stop(message: str) -> NoReturn:
    print(f"mock_api: {message}", file=sys.stderr)
    raise typer.Exit(2)


if __name__ == "__main__":
    cli(prog_name="python -m mock_api")
