"""The report of a week and of a month: what it says against the marts, its PDF, its mail, and that each is sent once."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pypdfium2
import pytest
from typer.testing import CliRunner, Result

from notifications.__main__ import app
from publishing.parquet import publish
from tests import preloaded
from tests.integration.test_publishing import record_build
from tests.servers import missing
from tests.smtp import Inbox
from tests.whole_flow import clean, whole_flow

pytestmark = pytest.mark.timeout(1800)

# The whole flow's newest complete day is Wednesday 11 November 2026.
WEEK = (date(2026, 11, 2), date(2026, 11, 8))


@pytest.fixture(scope="module")
def flow_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_flow(tmp_path_factory)


@pytest.fixture
def published(flow_of_all: Path, tmp_path: Path) -> Path:
    """A warehouse without its file, beside which lies what the whole flow published."""
    shutil.copytree((flow_of_all / "data/warehouse.marts").resolve(), tmp_path / "warehouse.marts")
    return tmp_path / "warehouse.duckdb"


def report(warehouse: Path, *options: str, **settings: str) -> Result:
    # A clean PATH may have no Chromium; the tests' own says where it is.
    return CliRunner().invoke(app, ["report", *options], env={"TALLY_WAREHOUSE": str(warehouse)} | settings)


def chromium() -> dict[str, str]:
    found = os.environ.get("TALLY_CHROMIUM") or shutil.which("chromium")
    if not found:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    return {"PUBLISHING__CHROMIUM": str(found)}


def words(html: str) -> str:
    """The text of a page, one line."""
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(text).replace("\u202f", " ").replace("\u00a0", " ").split())


def days_of(warehouse: Path) -> list[dict[str, Any]]:
    file = warehouse.with_suffix(".marts") / "fct_store_visits_daily.parquet"
    with duckdb.connect() as connection:
        answer = connection.execute(f"select * from '{file}'")
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def test_a_week_on_two_pages(published: Path, tmp_path: Path) -> None:
    done = report(published, "--week", "--out", str(tmp_path / "out"), **chromium())
    assert done.exit_code == 0, done.output
    html, pdf = tmp_path / "out/tally-week-2026-11-02.html", tmp_path / "out/tally-week-2026-11-02.pdf"
    assert done.stdout == f"report: {html} and {pdf} written\n"
    text = words(html.read_text("utf-8"))

    assert text.startswith("Tally: Monday, 2 November 2026 to Sunday, 8 November 2026 ")
    week = [row for row in days_of(published) if WEEK[0] <= row["visit_date"] <= WEEK[1]]
    assert f"Visits {sum(row['visits_estimated'] for row in week):,.0f} " in text
    for at in range(7):
        day = WEEK[0] + timedelta(days=at)
        visits = sum(row["visits_estimated"] for row in week if row["visit_date"] == day)
        assert f"{day:%a} {day.day} {day:%b} {visits:,.0f}" in text
    paris = [row for row in week if row["store_id"] == "paris"]
    both = [row for row in paris if row["visits_usual"] is not None]
    usual = sum(row["visits_usual"] for row in both)
    change = 100 * (float(sum(row["visits_estimated"] for row in both)) - usual) / usual
    sign = "+" if change > 0 else "−"
    assert f"Paris {sum(row['visits_estimated'] for row in paris):,.0f} {sign}{abs(change):.1f} % " in text

    why, coming = text.index(" Why "), text.index(" What is coming ")
    assert "Book fair, Thu 5 Nov to Fri 6 Nov, Paris: visits " in text[why:coming]
    assert "Book fair / Marathon, Sat 7 Nov, Paris: visits " in text[why:coming]
    assert "Flood" not in text
    # Thursday to Wednesday a fortnight on; the goals; what to do.
    assert re.search(r"visits are forecast from Thu 12 Nov to Wed 25 Nov, [+−]\d", text[coming:])
    assert re.search(r"Fri 20 Nov [\d,]+ Night sale; [\d,]+ person-hours", text[coming:])
    assert re.search(r"All stores November 2026 90,000,000 [\d,]+ [\d,]+ ", text[coming:])
    assert "atlantis November 2026 100 0 – no such store in the data" in text[coming:]
    to_do = text[text.index(" What to do ") :]
    assert "seeds/goals.csv has a goal for atlantis, a store that is not in the data." in to_do
    assert re.search(
        r"Paris: by the forecast [\d,]+ visits are missing to the goal of 500,000,000 for November 2026\.", to_do
    )
    assert re.search(r"Paris needs most people on \w{3} \d+ Nov at \d\d:00: [\d,]+\.", to_do)

    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_range() for page in document]
    assert len(pages) == 2
    assert [round(side) for side in document[0].get_size()] == [595, 842]  # A4 in points
    assert "What happened" in pages[0] and "Why" in pages[0]
    assert pages[1].startswith("What is coming") and "What to do" in pages[1]


def test_a_month_in_french_without_chromium_is_html_and_says_so(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = report(published, "--month", "--out", str(tmp_path / "out"), SITE__LOCALE="fr-FR")
    assert done.exit_code == 0, done.output
    html = tmp_path / "out/tally-month-2026-10-01.html"
    assert done.stdout == f"report: {html} written, without a PDF: no Chromium was found (PUBLISHING__CHROMIUM)\n"
    text = words(html.read_text("utf-8"))
    assert text.startswith("Tally : octobre 2026 ")
    assert "Ce rapport n’a pas de PDF : la machine qui l’envoie n’a pas Chromium." in text
    visits = sum(row["visits_estimated"] for row in days_of(published) if f"{row['visit_date']:%Y-%m}" == "2026-10")
    assert f"Visiteurs {visits:,.0f} ".replace(",", " ") in text
    assert "Fréquentation par semaine jeu. 1 oct. au dim. 4 oct." in text.replace(" Du jeu", " jeu").replace("Du ", "")
    assert re.search(r"Tous les magasins octobre 2026 1 000 [\d ]+ [\d ]+ atteint", text)


def test_it_is_mailed_in_html_with_its_files(published: Path, inbox: Inbox) -> None:
    settings = {"PUBLISHING__ALERT_URLS": inbox.url}
    done = report(published, **settings, **chromium())
    assert done.exit_code == 0, done.output
    title = "Tally: Monday, 2 November 2026 to Sunday, 8 November 2026"
    assert done.stdout == f"report: {title} sent to 1 of 1 addresses\n"
    assert [subject for subject, _ in inbox.take()] == [title]
    assert words(inbox.pages[0]).startswith(title)
    assert [name for name, _ in inbox.files] == ["tally-week-2026-11-02.html", "tally-week-2026-11-02.pdf"]
    assert inbox.files[1][1].startswith(b"%PDF")

    inbox.down()
    done = report(published, **settings, **chromium())
    assert done.exit_code == 1
    assert done.stderr == "report: address 1 (mailto) could not be reached: the report goes with the next try.\n"
    done = report(published, **settings, PUBLISHING__CHROMIUM="/bin/false")
    assert done.exit_code == 1
    assert done.stderr == "report: /bin/false could not make the report's PDF: it said nothing\n"
    done = report(published)
    assert done.exit_code == 1
    assert (
        "No alert recipients configured: set PUBLISHING__ALERT_URLS, or write the report to a folder with --out."
        in done.stderr
    )


def test_the_flow_sends_each_report_once(flow_of_all: Path, tmp_path: Path, inbox: Inbox) -> None:
    """The step `mail`, which the loop and Airflow run: without alerts as without reports, nothing is sent twice."""
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(flow_of_all / "data/warehouse.duckdb", warehouse)
    shutil.copytree((flow_of_all / "data/warehouse.marts").resolve(), tmp_path / "warehouse.marts")
    settings = clean() | {
        "TALLY_WAREHOUSE": str(warehouse),
        "PUBLISHING__ALERT_URLS": inbox.url,
        "PUBLISHING__DIGEST_HOUR": "0",
    }

    def mail(**more: str) -> list[str]:
        command = (sys.executable, "-m", "orchestration", "run", "--step", "mail")
        done = preloaded.run(command, flow_of_all, settings | more, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return [subject for subject, _ in inbox.take()]

    first = mail(PUBLISHING__REPORTS="none")
    assert len(first) == 1 and "digest" in first[0]
    week, month = "Tally: Monday, 2 November 2026 to Sunday, 8 November 2026", "Tally: October 2026"
    assert mail() == [week, month]
    assert mail() == []


def test_before_a_week_is_over_there_is_no_report(warehouse: Path, inbox: Inbox) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute("""
            create table marts.dim_stores as
            select 'lyon' as store_id, 'Lyon' as store_name, date '2026-11-25' as latest_complete_date, 'Europe/Paris' as timezone;
            create table marts.fct_store_visits_daily as
            select 'lyon' as store_id, date '2026-11-24' as visit_date, true as is_complete
        """)
    record_build(warehouse, 2)
    assert report(warehouse, "--out", str(warehouse.parent)).stderr.startswith("report: Nothing is published in ")
    publish(warehouse)
    for options, length in ((["--week"], "week"), (["--month"], "month")):
        done = report(warehouse, *options, PUBLISHING__ALERT_URLS=inbox.url)
        assert done.exit_code == 1
        assert done.stderr == f"report: There is no report: no {length} is over yet; the first day is 2026-11-24.\n"
    assert inbox.take() == []
