"""seeds/holidays.csv: the national holidays of the countries in which the stores stand."""

from __future__ import annotations

import csv
import io

COUNTRIES = ("DE", "ES", "FR", "GB", "IT")
YEARS = range(2014, 2036)


def csv_text() -> str:
    """The seed's text: country by country, in the order of the days, as the mock provider's stores keep them."""
    from mock_api.footfall.calendar import public_holidays

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["country_code", "holiday_date", "holiday_name"])
    for country in COUNTRIES:
        for year in YEARS:
            writer.writerows([country, day, name] for day, name in public_holidays(country, year).items())
    return text.getvalue()
