"""The air's pages in a browser: every figure against the published marts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Built, NewReader
from tests.browser.shown import MINUS, PHONE, change, text

pytestmark = pytest.mark.timeout(1800)

STATION, DEAD = 283164601, 7
POLLUTANTS = {"pm2_5": ("PM2.5", 1), "co": ("CO", 2)}
HOUR = timedelta(hours=1)


def shown(value: Any, digits: int) -> str:
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{rounded if rounded else abs(rounded)}".replace("-", MINUS)


def table(page: Page, place: int) -> list[list[str]]:
    """The cells of the page's table at that place."""
    return [
        [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()]
        for row in page.locator("article table").nth(place).locator("tbody tr").all()
    ]


def figures(page: Page) -> dict[str, str]:
    """The boxes: value and note by label."""
    boxes = page.locator("dl > div")
    return {
        " ".join(box.locator("dt").inner_text().split()): " | ".join(
            " ".join(part.split()) for part in box.locator("dd").all_inner_texts()
        )
        for box in boxes.all()
    }


def newest(site: Built, station_id: int) -> datetime:
    (row,) = site.query("select newest_measured_at from dim_stations where station_id = ?", station_id)
    found: datetime = row["newest_measured_at"]
    return found


def ahead(site: Built, station_id: int, pollutant: str) -> list[dict[str, Any]]:
    """The forecasts from a station's newest hour."""
    return site.query(
        "select * from fct_air_quality_forecasts where station_id = ? and pollutant = ? and issued_at = ? "
        "order by horizon_hours",
        station_id,
        pollutant,
        newest(site, station_id),
    )


def last_value(site: Built, station_id: int, pollutant: str) -> float:
    rows = site.query(
        f"select {pollutant} as value from fct_air_quality_hourly where station_id = ? and {pollutant} is not null "
        "order by measured_at desc limit 1",
        station_id,
    )
    return float(rows[0]["value"])


def latest_day(site: Built, station_id: int) -> dict[str, Any]:
    (row,) = site.query(
        "select * from fct_air_quality_daily where station_id = ? and is_complete order by measured_date desc limit 1",
        station_id,
    )
    return row


def test_the_overview_shows_every_station_now_ahead_and_against_the_limit(site: Built, reader_of: NewReader) -> None:
    page = reader_of(site).open("/air/")

    stations = site.query("select * from dim_stations order by station_name, station_id")
    assert len(stations) == 3
    verdict = {True: "above", False: "within", None: "too few hours"}
    for place, (pollutant, (_, digits)) in enumerate(POLLUTANTS.items()):
        for row, station in zip(table(page, place), stations, strict=True):
            station_id = station["station_id"]
            day = latest_day(site, station_id)
            one, two = (shown(each["value"], digits) for each in ahead(site, station_id, pollutant))
            assert row[:4] == [
                station["station_name"],
                shown(last_value(site, station_id, pollutant), digits),
                one,
                two,
            ]
            assert row[4:7] == [
                f"{day['measured_date']}",
                shown(day[f"{pollutant}_mean"], digits),
                verdict[day[f"exceeds_who_{pollutant}"]],
            ]
            if pollutant == "pm2_5":
                assert row[-1] == f"{site.on_the_clock(station['newest_measured_at']):%Y-%m-%d %H:%M}"
    above = sum(latest_day(site, station["station_id"])["exceeds_who_pm2_5"] is True for station in stations)
    assert figures(page)["PM2.5 above the limit"].startswith(f"{above} of 3 |")
    assert "Dead end" in text(page, "p.end")[-1]


def test_the_days_chosen_of_every_station(site: Built, reader_of: NewReader) -> None:
    """The last four weeks as they are published, then by the address alone from the browser's database."""
    days: dict[str, dict[date, dict[str, Any]]] = defaultdict(dict)
    for row in site.query("select * from fct_air_quality_daily inner join dim_stations using (station_id)"):
        days[row["station_name"]][row["measured_date"]] = row
    newest = max(day for each in days.values() for day in each)
    reader = reader_of(site)
    for first, last in (
        (newest - timedelta(days=27), newest),
        (newest - timedelta(days=45), newest - timedelta(days=20)),
    ):
        page = reader.open("/air/?compare=4-weeks" + ("" if last == newest else f"&from={first}&to={last}"))
        expect(page.get_by_text("Loading …")).to_have_count(0, timeout=60_000)
        shown_rows = {row[0]: row[2:] for row in table(page, 2)}
        assert set(shown_rows) == set(days)
        for name, by_day in days.items():
            expected = []
            for pollutant, (_, digits) in POLLUTANTS.items():
                means = {
                    day: row[f"{pollutant}_mean"]
                    for day, row in by_day.items()
                    if row[f"exceeds_who_{pollutant}"] is not None
                }
                valid = [day for day in means if first <= day <= last]
                both = [day for day in valid if day - timedelta(days=28) in means]
                was = sum(means[day - timedelta(days=28)] for day in both)
                expected += [
                    shown(sum(means[day] for day in valid) / len(valid), digits) if valid else "–",
                    change(100 * (sum(means[day] for day in both) - was) / was) if was > 0 else "–",
                    str(sum(by_day[day][f"exceeds_who_{pollutant}"] for day in valid)),
                    str(len(valid)),
                ]
            assert shown_rows[name] == expected


def test_a_station_shows_its_last_days_and_the_next_two_hours_with_their_band(
    site: Built, reader_of: NewReader
) -> None:
    reader = reader_of(site)
    page = reader.open(f"/station/?station={STATION}")

    expect(page).to_have_title("SMART188 · Tally")
    end = newest(site, STATION)
    charts = reader.charts()
    assert len(charts) == 4
    for chart, (pollutant, (title, digits)) in zip(charts[::2], POLLUTANTS.items(), strict=True):
        values = {
            row["measured_at"]: row["value"]
            for row in site.query(
                f"select measured_at, {pollutant} as value from fct_air_quality_hourly where station_id = ?", STATION
            )
        }
        expected = {
            row["target_at"]: row["value"]
            for row in site.query(
                "select target_at, value from fct_air_quality_forecasts "
                "where station_id = ? and pollutant = ? and horizon_hours = 1 and issued_at < ?",
                STATION,
                pollutant,
                end,
            )
        }
        hours = [datetime.fromisoformat(at) for at in chart["x"]]
        assert hours[-1] == end + 2 * HOUR
        assert hours == [hours[0] + n * HOUR for n in range(len(hours))]
        assert 72 <= len(hours) <= 75
        assert chart["measured"] == [values.get(hour) for hour in hours]
        # What the earliest hours had been forecast as was said before the days that the site holds.
        assert chart["forecast an hour before"][2:] == [expected.get(hour) for hour in hours[2:]]
        forecasts = ahead(site, STATION, pollutant)
        assert [value for value in chart["forecast"] if value is not None] == [each["value"] for each in forecasts]
        for place, each in zip((-2, -1), forecasts, strict=True):
            assert chart["lower"][place] == each["lower_90"]
            assert chart["lower"][place] + chart["width"][place] == pytest.approx(each["upper_90"])
        boxes = figures(page)
        for each in forecasts:
            interval = f"90 % interval {shown(each['lower_90'], digits)} to {shown(each['upper_90'], digits)}"
            assert f"{shown(each['value'], digits)} | {interval}" in text_of_boxes(
                page, f"{each['target_at']:%H:%M} UTC"
            )
        unit = "µg/m³" if pollutant == "pm2_5" else "mg/m³"
        assert boxes[f"{title}, {unit}"].startswith(shown(last_value(site, STATION, pollutant), digits))
    assert page.locator(".said").count() == 0


def text_of_boxes(page: Page, label: str) -> list[str]:
    """Value and note of every box whose label begins so: each pollutant has its own."""
    return [
        " | ".join(" ".join(part.split()) for part in box.locator("dd").all_inner_texts())
        for box in page.locator("dl > div").all()
        if box.locator("dt").inner_text().startswith(label)
    ]


def test_daily_means_stand_against_the_limit_and_the_day_under_way_looks_like_one(
    site: Built, reader_of: NewReader
) -> None:
    reader = reader_of(site)
    reader.open(f"/station/?station={STATION}")

    days = site.query(
        "select * from fct_air_quality_daily where station_id = ? order by measured_date desc limit 56", STATION
    )[::-1]
    for chart, pollutant in zip(reader.charts()[1::2], POLLUTANTS, strict=True):
        assert chart["x"] == [f"{row['measured_date']}" for row in days]
        assert chart["mean"] == [row[f"{pollutant}_mean"] for row in days]
        assert chart["dashed"] == [not row["is_complete"] for row in days]
    assert [row["is_complete"] for row in days] == [True] * 55 + [False]
    days_of_it = site.query(
        "select count(*) filter (where exceeds_who_pm2_5) as above, count(exceeds_who_pm2_5) as valid "
        "from fct_air_quality_daily where station_id = ? and is_complete",
        STATION,
    )[0]
    note = text_of_boxes(reader.page, "Days above the limit")[0]
    assert note.startswith(
        f"{shown(100 * days_of_it['above'] / days_of_it['valid'], 0)} % | {days_of_it['above']} of {days_of_it['valid']} valid days"
    )


def test_a_station_says_how_good_its_forecasts_were_what_was_missing_and_what_was_restated(
    site: Built, reader_of: NewReader
) -> None:
    page = reader_of(site).open(f"/station/?station={STATION}")

    rows = table(page, 0)
    accuracy = site.query(
        "select * from agg_forecast_accuracy where station_id = ? and is_chosen order by pollutant desc, horizon_hours",
        STATION,
    )
    assert len(rows) == len(accuracy) == 4
    for row, expected in zip(rows, accuracy, strict=True):
        assert row[:4] == [
            POLLUTANTS[expected["pollutant"]][0],
            f"{expected['horizon_hours']} h",
            "forecast",
            shown(expected["mae"], 2),
        ]
        assert row[6] == shown(expected["skill_vs_persistence_pct"], 1) + " %"
        assert row[8] == shown(100 * expected["coverage_90"], 1) + " %"
    (station,) = site.query("select * from dim_stations where station_id = ?", STATION)
    missing = station["hours_expected"] - station["pm2_5_hours"]
    assert figures(page)["PM2.5 missing since it began"] == (
        f"{shown(100 * missing / station['hours_expected'], 1)} % | {missing:,} of {station['hours_expected']:,} hours"
    )
    restated = table(page, 1)
    assert restated == [
        [
            f"{site.on_the_clock(datetime(2026, 11, 10, 8, 50)):%Y-%m-%d %H:%M}",
            "CO",
            "4",
            "2026-08-01 00:00",
            "2026-08-01 03:00",
            "+0.30",
        ]
    ]


def test_a_dead_instrument_is_said_so_and_its_last_value_stands_for_a_forecast(
    site: Built, reader_of: NewReader
) -> None:
    reader = reader_of(site)
    page = reader.open(f"/station/?station={DEAD}")

    assert text(page, ".said") == [
        f"No better forecast of {title} than its last value: the series is constant."
        for title, _ in POLLUTANTS.values()
    ]
    assert text_of_boxes(page, "09:00 UTC, the last value") == [
        "12.5 | 90 % interval 12.5 to 12.5",
        "0.00 | 90 % interval 0.00 to 0.00",
    ]
    first = reader.charts()[0]
    gaps = [datetime.fromisoformat(at).hour == 5 for at in first["x"][:-2]]
    assert [value is None for value in first["measured"][:-2]] == gaps
    assert any(gaps)
    assert "No hour has been restated since this warehouse began." in text(page, "p.end")


@pytest.mark.parametrize("path", ["/air/", f"/station/?station={STATION}"])
def test_the_air_fits_a_phone_in_the_dark(site: Built, reader_of: NewReader, path: str) -> None:
    page = reader_of(site, color_scheme="dark", **PHONE).open(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
