"""`python -m benchmarks`: measure, and write what was found into benchmarks/RESULTS.md; with `--base COMMIT` beside an earlier version."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from benchmarks.common import MEASURED_PROJECT, PROJECT, Base, Options, Report, machine, measured_in, run
from benchmarks.versions import kept, page

RESULTS = Path(__file__).with_name("RESULTS.md")
VERSIONS = RESULTS.with_name("VERSIONS.md")
ORDER = (
    "ingestion",
    "feeds_sql",
    "nothing_new",
    "full_refresh",
    "one_more_day",
    "empty_clone",
    "evaluate",
    "site",
    "retail_ingestion",
    "feeds_files",
    "orders_loop",
    "air_forecasts",
    "copies",
    "spark",
)
NAMES = tuple(name for name in ORDER if RESULTS.with_name(f"{name}.py").exists())
HEAD = """# Measurements

Made by `make bench`; each section is what its own run found, also where it misses the mark. Speeds depend on the machine and on its other load, so marks are ratios of what was
measured side by side in one run wherever that is possible.
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Which: {', '.join(NAMES)}. By default all, one after another.")
    ] = None,
    readings: Annotated[int, typer.Option(help="ingestion: readings, about.", min=1)] = Options.readings,
    peak_readings: Annotated[
        int, typer.Option(help="ingestion: readings at which memory is measured, about.", min=1)
    ] = Options.peak_readings,
    sensors: Annotated[int, typer.Option(help="one_more_day: sensors.", min=1)] = Options.sensors,
    years: Annotated[float, typer.Option(help="one_more_day: years of history.", min=0.5)] = Options.years,
    copied_rows: Annotated[int, typer.Option(help="copies: rows of the mart.", min=1000)] = Options.copied_rows,
    hours: Annotated[int, typer.Option(help="spark: hourly readings, about.", min=10_000)] = Options.hours,
    rounds: Annotated[int, typer.Option(help="Repetitions of what is quick; the median counts.", min=1)] = 3,
    air_hours: Annotated[
        Path | None,
        typer.Option(
            help="air_forecasts: a CSV or Parquet file of real hours to try the forecasts on as well. Columns: "
            "measured_at (UTC), pm2_5, and if there are such station_id, co, no2, o3, pm10, temperature, humidity.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(metavar="COMMIT", help="An earlier version of the project, measured in turn with this one."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the table is written.")] = RESULTS,
) -> None:
    """Measure and write a table. Run it on a machine that does nothing else: all takes over an hour."""
    for name in names or []:
        if name not in NAMES:
            raise typer.BadParameter(f"{name!r} is no measurement; there are: {', '.join(NAMES)}")
    options = Options(readings, peak_readings, sensors, years, copied_rows, hours, rounds, air_hours)
    sizes = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in vars(options).items()
        if value is not None and value != getattr(Options, name)
    ]
    failed = False
    with earlier(base) as project:
        for name in names or NAMES:
            typer.echo(f"── {name}")
            try:
                before = measured_before(project, base, name, sizes) if project and base else None
                report: Report = importlib.import_module(f"benchmarks.{name}").measure(
                    options, lambda line: typer.echo(f"   {line}")
                )
            except RuntimeError as error:
                typer.echo(f"   failed: {error}", err=True)
                failed = True
                continue
            section = report.markdown(machine(), before)
            typer.echo(section)
            write(out, name, section)
    if out == RESULTS:
        VERSIONS.write_text(page(kept(RESULTS)), encoding="utf-8")
    raise typer.Exit(1 if failed else 0)


@contextmanager
def earlier(commit: str | None) -> Iterator[Path | None]:
    """A folder with the project as it was at a commit; None without one."""
    if commit is None:
        yield None
        return
    with TemporaryDirectory(prefix="tally-base-") as folder:
        project = Path(folder) / "project"
        for command in (
            ["clone", "--quiet", "--shared", str(PROJECT), str(project)],
            ["-C", str(project), "checkout", "--quiet", commit],
        ):
            done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
            if done.returncode:
                raise typer.BadParameter(f"{commit!r}: {done.stderr.strip()}", param_hint="--base")
        yield project


def measured_before(project: Path, commit: str, name: str, sizes: Sequence[str]) -> Base:
    """The same measurement of the earlier version in its folder, with this one's Python packages.

    The version's own `benchmarks` measures it; where that has no such measurement, this one's does.

    Raises:
        RuntimeError: it failed.
    """
    table = project / "base.md"
    table.unlink(missing_ok=True)
    typer.echo(f"   {commit}")
    command = [sys.executable, "-m", "benchmarks", name, *sizes, "--out", str(table)]
    if (project / "benchmarks" / f"{name}.py").exists():
        run(command, {"PYTHONPATH": str(project)}, cwd=project)
    else:
        run(command, {MEASURED_PROJECT: str(project)}, cwd=PROJECT)
    return Base(commit, measured_in(table.read_text("utf-8")))


def write(out: Path, name: str, section: str) -> None:
    """Put the section in the place of the one that was there; sections stand in one order."""
    text = out.read_text("utf-8") if out.exists() else ""
    found = dict(re.findall(r"<!-- (\w+) -->\n(.*?)(?=<!-- \w+ -->|\Z)", text, re.DOTALL)) | {name: section}
    parts = [f"<!-- {each} -->\n{found[each].strip()}\n" for each in ORDER if each in found]
    out.write_text("\n".join([HEAD, *parts]), encoding="utf-8")


if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
