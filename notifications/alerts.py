"""Mails what alerts opened and closed since the last time, and in the morning the digest: one mail, nothing twice, nothing lost.

What each address was sent is recorded beside the warehouse (`<warehouse>.alerts.json`) after its mail was sent. While the
mail server is down everything waits, and is sent in one mail once it is back.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from notifications.digest import Digest, make_digest
from notifications.outbox import Mail, NotificationError, SentState, State, key_of, notifier, opened_outbox
from publishing.publication import read_publication
from warehouse.connection import opened
from warehouse.errors import TallyError, first_line
from warehouse.language import Language, store_timezones
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.settings import Publishing
from warehouse.text import one_line

MOST_LINES_A_RULE = 5
"""More alerts of one rule than these share a line."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """An alert as `marts.fct_alerts` has it; times in UTC."""

    alert_id: str
    rule_id: str
    entity: str
    severity: str | None
    opened_at: datetime
    closed_at: datetime | None
    message: str
    message_parts: str | None = None

    @property
    def state(self) -> State:
        return "open" if self.closed_at is None else "closed"


@dataclass(frozen=True)
class Content:
    """What a mail can hold: the alerts, the digest if it is due, and what could not be made (one line each)."""

    alerts: Sequence[Alert]
    digest: Digest | None
    failures: Sequence[str]
    today: str
    language: Language


def open_alerts(warehouse: Path) -> int:
    """How many alerts are open.

    Raises:
        NotificationError: the warehouse has no alerts yet.
        WarehouseError: it cannot be opened.
    """
    return sum(alert.state == "open" for alert in _alerts(warehouse)[0])


def send(
    warehouse: Path,
    urls: Sequence[str],
    with_digest: bool | None = None,
    now: datetime | None = None,
    failures: Sequence[str] = (),
) -> str:
    """Send each address what it has not been sent yet, in one mail; nothing where there is nothing new.

    If the alerts or the digest cannot be made, that mail reports the error, once a day, and it is raised after all mails are sent.

    Args:
        warehouse: the DuckDB file.
        urls: addresses as apprise writes them.
        with_digest: whether the digest goes along; None: once for each new day, from the hour set on.
        now: the machine's clock, for the digest's hour.
        failures: errors of earlier steps that no alert can report, one line each; the mail has them once a day.

    Returns:
        A line about what was sent.

    Raises:
        TallyError: the alerts or the digest could not be made, an address is none, or one could not be reached.
    """
    content = _content(warehouse, with_digest, now or datetime.now(), failures)
    notifiers = [notifier(number, url) for number, url in enumerate(urls, start=1)]
    sent = 0
    unreached = []
    with opened_outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, save):
        for number, (url, notify) in enumerate(zip(urls, notifiers, strict=True), start=1):
            mail = compose(content, outbox.sent.get(key_of(url)), is_wanted=with_digest is True)
            if mail is None:
                if key_of(url) not in outbox.sent:
                    outbox.sent[key_of(url)] = SentState(
                        alerts={alert.alert_id: alert.state for alert in content.alerts}
                    )
                    save()
                continue
            if not notify(mail):
                unreached.append(f"address {number} ({url.partition(':')[0]})")
                continue
            outbox.sent[key_of(url)] = mail.state
            save()
            sent += 1
    errors = [failure for failure in content.failures if failure not in failures]
    if unreached:
        errors.append(
            f"{' and '.join(unreached)} could not be reached: what was to be sent is kept, and goes with the next try."
        )
    if errors:
        raise NotificationError(" ".join(errors))
    return f"sent to {sent} of {len(urls)} addresses" if sent else "nothing new to send"


def send_message(urls: Sequence[str], subject: str, text: str) -> None:
    """Send one message to every address: what is in no warehouse, such as a schedule's failed task.

    Raises:
        NotificationError: an address is none, or could not be reached.
    """
    mail = Mail(subject=subject, text=text.rstrip() + "\n", state=SentState())
    unreached = [str(number) for number, url in enumerate(urls, start=1) if not notifier(number, url)(mail)]
    if unreached:
        raise NotificationError(
            f"Of the addresses of alerts, number {', '.join(unreached)} could not be reached: nothing was sent there."
        )


def preview(warehouse: Path, urls: Sequence[str], with_digest: bool | None = None) -> str:
    """The mail that the first address (or one that was never sent anything) would get, and nothing sent."""
    content = _content(warehouse, with_digest, datetime.now())
    with opened_outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, _):
        state = outbox.sent.get(key_of(urls[0])) if urls else None
        mail = compose(content, state, is_wanted=with_digest is True)
    return f"{mail.subject}\n\n{mail.text}" if mail else "Nothing new to send.\n"


def compose(content: Content, state: SentState | None, *, is_wanted: bool = False) -> Mail | None:
    """The mail for a recipient who was sent so much already; None where nothing is new.

    A recipient's first mail has the open alerts, not those closed before it. `is_wanted` sends a digest again.
    """
    is_first = state is None
    state = state or SentState()
    changed = [
        alert
        for alert in content.alerts
        if state.alerts.get(alert.alert_id) != alert.state and not (is_first and alert.state == "closed")
    ]
    opened_ones = [alert for alert in changed if alert.state == "open"]
    closed_ones = [alert for alert in changed if alert.state == "closed"]
    digest = content.digest if content.digest and (is_wanted or state.digest_of != content.digest.day) else None
    failures = content.failures if is_wanted or state.failure_on != content.today else ()
    if not changed and not digest and not failures:
        return None
    say = content.language
    parts = [
        *_failure_section(say, failures),
        *_section(say, say.phrase("mail-opened"), opened_ones),
        *_section(say, say.phrase("mail-closed"), closed_ones),
        *([digest.text.strip()] if digest else []),
    ]
    counts = [
        say.phrase(name, count=len(some))
        for some, name in ((opened_ones, "mail-subject_opened"), (closed_ones, "mail-subject_closed"))
        if some
    ]
    subjects = [
        *([say.phrase("mail-subject_failed")] if failures else []),
        *([say.phrase("mail-subject_alerts", counts=", ".join(counts))] if counts else []),
    ]
    if digest:
        day = digest.day and say.phrase("mail-subject_digest_of", day=say.short_day(date.fromisoformat(digest.day)))
        subjects.append(day or say.phrase("mail-subject_digest"))
    return Mail(
        subject=say.phrase("mail-subject", parts=", ".join(subjects)),
        text="\n\n".join(parts) + "\n",
        state=SentState(
            # What left the warehouse with a deleted file need not be remembered. Where the alerts could not be read
            # nothing is known of them, and what was sent stays.
            alerts={alert.alert_id: alert.state for alert in content.alerts} or state.alerts,
            digest_of=digest.day if digest else state.digest_of,
            failure_on=content.today if failures else state.failure_on,
        ),
    )


def _content(warehouse: Path, with_digest: bool | None, now: datetime, before: Sequence[str] = ()) -> Content:
    failures = list(before)
    alerts: list[Alert] = []
    language = Language.load()
    try:
        alerts, timezones = _alerts(warehouse)
        language = Language.load(timezones)
    except (TallyError, duckdb.Error) as error:
        failures.append(language.phrase("mail-alerts_failed", error=first_line(error)))
    digest = None
    try:
        digest = _due_digest(warehouse, with_digest, now)
    except Exception as error:  # any error: the mail reports it, and the command fails
        logger.debug("the digest could not be made", exc_info=error)
        failures.append(language.phrase("mail-digest_failed", error=f"{type(error).__name__}: {first_line(error)}"))
    return Content(alerts, digest, failures, f"{now:%Y-%m-%d}", language)


def _due_digest(warehouse: Path, with_digest: bool | None, now: datetime) -> Digest | None:
    """The digest; None where it is not wanted, not yet time, or nothing was ever published."""
    if with_digest is False or (with_digest is None and now.hour < Publishing.load().digest_hour):
        return None
    if with_digest is None and read_publication(WarehousePaths(warehouse).marts).published_at is None:
        return None
    return make_digest(warehouse)


def _failure_section(say: Language, failures: Sequence[str]) -> list[str]:
    if not failures:
        return []
    lines = "\n".join(f"- {_plain(line)}" for line in failures)
    return [f"## {say.phrase('mail-failed')}\n\n{lines}\n\n{say.phrase('mail-failed_note')}"]


def _section(say: Language, title: str, alerts: Sequence[Alert]) -> list[str]:
    """A heading and a line an alert, critical ones first; many of one rule share a line."""
    if not alerts:
        return []
    lines = []
    rules = dict.fromkeys(a.rule_id for a in sorted(alerts, key=lambda a: (a.severity != "critical", a.rule_id)))
    for rule_id in rules:
        some = sorted((a for a in alerts if a.rule_id == rule_id), key=lambda a: (a.opened_at, a.entity))
        critical = "_critical" if any(a.severity == "critical" for a in some) else ""
        if len(some) > MOST_LINES_A_RULE:
            entities = list(dict.fromkeys(one_line(a.entity) for a in some))
            names = ", ".join(entities[:MOST_LINES_A_RULE])
            if len(entities) > MOST_LINES_A_RULE:
                names = say.phrase("mail-rule_more", names=names, more=len(entities) - MOST_LINES_A_RULE)
            moment = say.moment(some[0].opened_at)
            lines.append(say.phrase(f"mail-rule{critical}", count=len(some), rule=rule_id, names=names, moment=moment))
            continue
        for alert in some:
            message = _plain(say.sentence(json.loads(alert.message_parts or "{}"), alert.message))
            name = f"mail-alert{'_closed' if alert.closed_at else ''}{critical}"
            closed = {"closed": say.moment(alert.closed_at)} if alert.closed_at else {}
            lines.append(say.phrase(name, message=message, opened=say.moment(alert.opened_at), **closed))
    times = say.phrase("mail-times", timezone=str(say.timezone))
    return [f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) + f"\n\n{times}"]


def _alerts(warehouse: Path) -> tuple[list[Alert], list[str | None]]:
    """The alerts, and the stores' time zones, the first store's first."""
    with opened(warehouse) as connection:
        if not columns(connection, "marts", "fct_alerts"):
            raise NotificationError("The warehouse has no alerts: run `dbt build --select tag:alerts` first.")
        # One that the newest dbt has not built yet has no parts.
        parts = "message_parts" if "message_parts" in columns(connection, "marts", "fct_alerts") else "null"
        rows = connection.execute(
            f"select alert_id, rule_id, entity, severity, opened_at, closed_at, message, {parts} from marts.fct_alerts "
            "order by opened_at, alert_id"
        ).fetchall()
        return [Alert(*row) for row in rows], store_timezones(connection)


def _plain(message: str) -> str:
    """One line without control characters, and without a path of this machine."""
    return re.sub(r"(?<![\w./:])/(?:[^\s/:'\"]+/)+", "", one_line(message))
