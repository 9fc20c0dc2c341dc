"""The report of a week or a month: two pages, as HTML and, where there is a Chromium, as PDF; mailed once for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.marts import Marts, readable
from notifications.outbox import Mail, NotificationError, SentState, key_of, notifier, opened_outbox
from notifications.pdf import write_pdf
from notifications.report_sections import Span, sections
from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.language import Language, store_timezones
from warehouse.paths import WarehousePaths
from warehouse.settings import Publishing

SILENT_DAYS = 14
"""A store that has brought no complete day for so long is not waited for."""

WITHOUT_PDF = ", without a PDF: no Chromium was found (PUBLISHING__CHROMIUM)"


class Length(StrEnum):
    """What a report is of."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Report:
    """A report, made.

    Attributes:
        begin: first day of the week or month.
        name: of its files, without their ending.
        html: the page.
        html_alone: the page, which says that there is no PDF.
    """

    length: Length
    begin: date
    name: str
    subject: str
    html: str
    html_alone: str


class TooEarlyError(NotificationError):
    """No week or month is over yet."""


@contextmanager
def _published(warehouse: Path) -> Iterator[tuple[Marts, Language, Publication]]:
    folder = WarehousePaths(warehouse).marts
    publication = read_publication(folder)
    if publication.published_at is None:
        raise PublishingError(f"Nothing is published in {folder}: run `make run`, or `make build publish`.")
    with connect_memory() as connection, readable(folder):
        yield Marts(connection, folder, publication), Language.load(store_timezones(connection)), publication


def make_report(warehouse: Path, length: Length) -> Report:
    """The report of the newest week (Monday to Sunday) or month that is over in every store that still counts.

    Args:
        warehouse: the DuckDB file; only what was published beside it is read.
        length: a week or a month.

    Raises:
        PublishingError: nothing has been published, or it cannot be read.
        TooEarlyError: no such week or month is over.
        SettingsError: a setting SITE__… cannot be used.
    """
    with _published(warehouse) as (marts, language, publication):
        span = _span(marts, length)
        title = (
            language.phrase("report-title_month", month=language.month(span.begin))
            if span.is_month
            else language.phrase("report-title_week", begin=language.day(span.begin), end=language.day(span.end))
        )
        content = {
            "language": language.locale,
            "title": title,
            "sections": sections(language, marts, span),
        }
    notes = _notes(language, publication)
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("report.html")
    return Report(
        length=length,
        begin=span.begin,
        name=f"tally-{length}-{span.begin}",
        subject=title,
        html=page.render(content, notes=notes),
        html_alone=page.render(content, notes=[*notes, language.phrase("report-no_pdf")]),
    )


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write a report's HTML, and its PDF where there is a Chromium.

    Returns:
        The files: one, or two.

    Raises:
        PdfError: Chromium failed.
        NotificationError: the folder cannot be written.
    """
    html, pdf = folder / f"{report.name}.html", folder / f"{report.name}.pdf"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        has_pdf = write_pdf(report.html, pdf)
        html.write_text(report.html if has_pdf else report.html_alone, encoding="utf-8")
    except OSError as error:
        raise NotificationError(f"{folder} cannot be written: {error.strerror}") from None
    return [html, pdf] if has_pdf else [html]


def send_report(warehouse: Path, urls: Sequence[str], length: Length) -> str:
    """Send a report to every address, whatever they were sent before.

    Returns:
        A line about what was sent.

    Raises:
        TallyError: it could not be made, an address is none, or one could not be reached.
    """
    return _send(warehouse, urls, make_report(warehouse, length), is_wanted=True)


def send_due_reports(warehouse: Path, urls: Sequence[str], now: datetime | None = None) -> str:
    """Send each address the reports of the setting PUBLISHING__REPORTS that it has not been sent: one for each week or month, in the morning.

    Args:
        now: the machine's clock, for the hour.

    Returns:
        A line about what was sent; empty where there was nothing to send.

    Raises:
        TallyError: as `send_report`.
    """
    settings = Publishing.load()
    if not urls or (now or datetime.now()).hour < settings.digest_hour:
        return ""
    if read_publication(WarehousePaths(warehouse).marts).published_at is None:
        return ""
    said = []
    for length in [Length(name) for name in settings.reports]:
        try:
            # The loop asks every few minutes: what was sent is not made again.
            if _is_due(warehouse, urls, length):
                said.append(_send(warehouse, urls, make_report(warehouse, length), is_wanted=False))
        except TooEarlyError:
            continue
    return "; ".join(line for line in said if line)


def _is_due(warehouse: Path, urls: Sequence[str], length: Length) -> bool:
    with _published(warehouse) as (marts, _, _):
        begin = str(_span(marts, length).begin)
    with opened_outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, _):
        return any(outbox.reports.get(key_of(url), {}).get(length, "") < begin for url in urls)


def _send(warehouse: Path, urls: Sequence[str], report: Report, *, is_wanted: bool) -> str:
    notifiers = [notifier(number, url) for number, url in enumerate(urls, start=1)]
    begin = str(report.begin)
    unreached, sent, has_pdf = [], 0, True
    with opened_outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, save), TemporaryDirectory() as folder:
        sent_before = {url: outbox.reports.get(key_of(url), {}) for url in urls}
        due = [url for url in urls if is_wanted or sent_before[url].get(report.length, "") < begin]
        if not due:
            return ""
        files = write_report(report, Path(folder))
        has_pdf = len(files) > 1
        for number, (url, notify) in enumerate(zip(urls, notifiers, strict=True), start=1):
            if url not in due:
                continue
            if not notify(Mail(report.subject, files[0].read_text("utf-8"), SentState(), is_html=True, files=files)):
                unreached.append(f"address {number} ({url.partition(':')[0]})")
                continue
            sent += 1
            outbox.reports[key_of(url)] = sent_before[url] | {report.length.value: begin}
            save()
    if unreached:
        raise NotificationError(f"{' and '.join(unreached)} could not be reached: the report goes with the next try.")
    return f"{report.subject} sent to {sent} of {len(urls)} addresses{'' if has_pdf else WITHOUT_PDF}"


def _span(marts: Marts, length: Length) -> Span:
    """The newest week or month that is over, of which some store has a day."""
    (ends,) = marts.rows(
        f"""
        with newest as (select max(latest_complete_date) as day from dim_stores)
        select
            min(stores.latest_complete_date) as last,
            (select min(visit_date) from fct_store_visits_daily where is_complete) as first
        from dim_stores as stores
        cross join newest
        where stores.latest_complete_date > newest.day - {SILENT_DAYS}
        """,
        "dim_stores",
        "fct_store_visits_daily",
    ) or [{"last": None, "first": None}]
    if ends["last"] is None:
        raise TooEarlyError("There is no report: no store has brought a complete day yet.")
    last: date = ends["last"]
    if length is Length.WEEK:
        end = last - timedelta(days=last.isoweekday() % 7)
        span = Span(end - timedelta(days=6), end, is_month=False)
    else:
        next_day = last + timedelta(days=1)
        end = next_day.replace(day=1) - timedelta(days=1)
        span = Span(end.replace(day=1), end, is_month=True)
    if ends["first"] > span.end:
        raise TooEarlyError(f"There is no report: no {length} is over yet; the first day is {ends['first']}.")
    return span


def _notes(language: Language, publication: Publication) -> list[str]:
    published = language.moment(publication.published_at)
    notes = [language.phrase("publication-published", moment=published, timezone=str(language.timezone))]
    if publication.stale_since:
        since = language.moment(publication.stale_since)
        notes.append(language.phrase("report-stale", since=since, reason=publication.stale_reason))
    return notes
