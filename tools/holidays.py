"""seeds/holidays.csv, from the `holidays` library: `python -m tools.holidays` makes it again, `python -m tools.holidays AU` adds a country."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Annotated

import holidays
import typer

from warehouse.paths import PROJECT

SEED = PROJECT / "seeds" / "holidays.csv"
COLUMNS = ["country_code", "holiday_date", "holiday_name", "is_closed"]
YEARS = range(2014, 2036)


def csv_text(countries: Iterable[str] = ()) -> str:
    """The seed's text: the countries that it has and these, in the order of their codes and days.

    Stores close on a public holiday unless the seed says otherwise now.

    Raises:
        KeyError: the library knows no such country.
    """
    is_closed = _is_closed()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for country in sorted({country for country, _ in is_closed} | set(countries)):
        for day, name in national_holidays(country):
            writer.writerow([country, day, name, is_closed.get((country, day.isoformat()), "true")])
    return text.getvalue()


def national_holidays(country: str) -> list[tuple[date, str]]:
    """A country's national public holidays, in the order of the days, with their English names where the library has them.

    Raises:
        KeyError: the library knows no such country.
    """
    if country not in holidays.list_supported_countries(include_aliases=False):
        raise KeyError(country)
    language = "en_US" if "en_US" in holidays.list_localized_countries().get(country, []) else None
    days = holidays.country_holidays(country, years=YEARS, language=language)
    return sorted((day, name) for day, name in days.items() if day.year in YEARS)


def _is_closed() -> dict[tuple[str, str], str]:
    """What the seed says of each country and day, as it is written."""
    with SEED.open(encoding="utf-8-sig", newline="") as file:
        return {
            (row["country_code"], row["holiday_date"]): row.get("is_closed") or "true" for row in csv.DictReader(file)
        }


def main(
    countries: Annotated[
        list[str] | None, typer.Argument(help="Countries to add, ISO 3166-1 alpha-2, such as AU.")
    ] = None,
) -> None:
    """Make the holidays of the seed's countries again, and add these."""
    before = set(_is_closed())
    try:
        text = csv_text(country.upper() for country in countries or [])
    except KeyError as error:
        typer.echo(
            f"holidays: {error.args[0]} is no country that the library knows: give its two letters, such as AU.",
            err=True,
        )
        raise typer.Exit(1) from None
    SEED.write_text(text, encoding="utf-8", newline="")
    after = set(_is_closed())
    typer.echo(
        f"{SEED.name}: {len(after - before)} holidays added, {len(before - after)} removed, {len(after)} in all."
    )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app(prog_name="python -m tools.holidays")
