"""`python -m orchestration`: the whole flow in one process."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__)

Steps = Annotated[
    list[str] | None,
    typer.Option("--step", help="Only this step: ingest, build, publish or reports. Can be given again."),
]


@app.command()
def run(step: Steps = None) -> None:
    """Run the flow once: ingest, dbt build, publish, reports.

    Where a source points to the default address and nothing answers there, the mock providers run for as long as the
    ingestion takes. A step that fails does not keep the next ones from showing what there is; the exit code is 1.
    """
    from ingestion.settings import warehouse_path
    from orchestration import flow
    from orchestration.provider import provider

    names = tuple(name for name in flow.STEPS if not step or name in step)
    if unknown := set(step or []) - set(flow.STEPS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: the steps are {', '.join(flow.STEPS)}")
    done = []
    if "ingest" in names:
        with provider(typer.echo):
            done += flow.run(warehouse_path(), ("ingest",), typer.echo)
    done += flow.run(warehouse_path(), tuple(name for name in names if name != "ingest"), typer.echo)
    typer.echo("")
    for each in done:
        typer.echo(
            f"{each.name:8} {each.seconds:6.1f} s  {'failed: ' + each.trouble if each.trouble else each.summary}"
        )
    if "reports" in names and not any(each.trouble for each in done):
        typer.echo("\nThe site is in reports/build: `make serve` shows it on http://127.0.0.1:3000")
    raise typer.Exit(any(each.trouble for each in done))


@app.command()
def ingest() -> None:
    """Load every source, with the mock providers where nothing answers at the default address."""
    run(["ingest"])


if __name__ == "__main__":
    app(prog_name="python -m orchestration")
