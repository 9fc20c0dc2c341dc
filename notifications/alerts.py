"""Mails what alerts opened and closed since the last time, and in the morning the digest: one mail, nothing twice, nothing lost.

What each address was sent is recorded beside the warehouse (`<warehouse>.alerts.json`) after its mail was sent. While the
mail server is down everything waits, and is sent in one mail once it is back.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
from filelock import FileLock, Timeout
from pydantic import AliasChoices, BaseModel, Field, ValidationError

from notifications.digest import Digest, make_digest
from publishing.publication import read_publication
from warehouse.connection import opened
from warehouse.errors import TallyError, first_line
from warehouse.ledger import columns
from warehouse.paths import WarehousePaths
from warehouse.permissions import close_to_others, owner_only
from warehouse.settings import Publishing, lock_timeout
from warehouse.text import one_line

MOST_LINES_A_RULE = 5
"""More alerts of one rule than these share a line."""

State = Literal["open", "closed"]

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

    @property
    def state(self) -> State:
        return "open" if self.closed_at is None else "closed"


class NotificationError(TallyError):
    """A notification could not be made or sent."""


class SentState(BaseModel):
    """What one address was sent: the last state of each alert, the day of its last digest and of the last failure."""

    alerts: dict[str, State] = {}
    digest_of: str | None = None
    failure_on: str | None = None


class Outbox(BaseModel):
    """What each address was sent, by a hash of the address."""

    # Files of earlier versions say `told`.
    sent: dict[str, SentState] = Field(default={}, validation_alias=AliasChoices("sent", "told"))


@dataclass(frozen=True)
class Mail:
    """A mail, and the state of its recipient once it is sent."""

    subject: str
    text: str
    state: SentState


@dataclass(frozen=True)
class Content:
    """What a mail can hold: the alerts, the digest if it is due, and what could not be made (one line each)."""

    alerts: Sequence[Alert]
    digest: Digest | None
    failures: Sequence[str]
    today: str


def open_alerts(warehouse: Path) -> int:
    """How many alerts are open.

    Raises:
        NotificationError: the warehouse has no alerts yet.
        WarehouseError: it cannot be opened.
    """
    return sum(alert.state == "open" for alert in _alerts(warehouse))


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
    notifiers = [_notifier(number, url) for number, url in enumerate(urls, start=1)]
    sent = 0
    unreached = []
    with _outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, save):
        for number, (url, notify) in enumerate(zip(urls, notifiers, strict=True), start=1):
            mail = compose(content, outbox.sent.get(_key(url)), is_wanted=with_digest is True)
            if mail is None:
                if _key(url) not in outbox.sent:
                    outbox.sent[_key(url)] = SentState(alerts={alert.alert_id: alert.state for alert in content.alerts})
                    save()
                continue
            if not notify(mail):
                unreached.append(f"address {number} ({url.partition(':')[0]})")
                continue
            outbox.sent[_key(url)] = mail.state
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
    unreached = [str(number) for number, url in enumerate(urls, start=1) if not _notifier(number, url)(mail)]
    if unreached:
        raise NotificationError(
            f"Of the addresses of alerts, number {', '.join(unreached)} could not be reached: nothing was sent there."
        )


def preview(warehouse: Path, urls: Sequence[str], with_digest: bool | None = None) -> str:
    """The mail that the first address (or one that was never sent anything) would get, and nothing sent."""
    content = _content(warehouse, with_digest, datetime.now())
    with _outbox(WarehousePaths(warehouse).sent_alerts) as (outbox, _):
        state = outbox.sent.get(_key(urls[0])) if urls else None
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
    parts = [
        *_failure_section(failures),
        *_section("Opened", opened_ones),
        *_section("Closed", closed_ones),
        *([digest.text.strip()] if digest else []),
    ]
    counts = [f"{len(some)} {word}" for some, word in ((opened_ones, "opened"), (closed_ones, "closed")) if some]
    subjects = [
        *(["could not be made"] if failures else []),
        *([f"alerts {', '.join(counts)}"] if counts else []),
        *([f"the digest ({digest.day})" if digest.day else "the digest"] if digest else []),
    ]
    return Mail(
        subject="Tally: " + ", ".join(subjects),
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
    try:
        alerts = _alerts(warehouse)
    except (TallyError, duckdb.Error) as error:
        failures.append(f"The alerts could not be read: {first_line(error)}")
    digest = None
    try:
        digest = _due_digest(warehouse, with_digest, now)
    except Exception as error:  # any error: the mail reports it, and the command fails
        logger.debug("the digest could not be made", exc_info=error)
        failures.append(f"The digest could not be made: {type(error).__name__}: {first_line(error)}")
    return Content(alerts, digest, failures, f"{now:%Y-%m-%d}")


def _due_digest(warehouse: Path, with_digest: bool | None, now: datetime) -> Digest | None:
    """The digest; None where it is not wanted, not yet time, or nothing was ever published."""
    if with_digest is False or (with_digest is None and now.hour < Publishing.load().digest_hour):
        return None
    if with_digest is None and read_publication(WarehousePaths(warehouse).marts).published_at is None:
        return None
    return make_digest(warehouse)


def _key(url: str) -> str:
    """An address as the outbox knows it: it holds no password."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _failure_section(failures: Sequence[str]) -> list[str]:
    if not failures:
        return []
    lines = "\n".join(f"- {_plain(line)}" for line in failures)
    return [
        f"## Could not be made\n\n{lines}\n\nFigures may be missing from this mail. docs/runbook.md says what to do."
    ]


def _section(title: str, alerts: Sequence[Alert]) -> list[str]:
    """A heading and a line an alert, critical ones first; many of one rule share a line."""
    if not alerts:
        return []
    lines = []
    rules = dict.fromkeys(a.rule_id for a in sorted(alerts, key=lambda a: (a.severity != "critical", a.rule_id)))
    for rule_id in rules:
        some = sorted((a for a in alerts if a.rule_id == rule_id), key=lambda a: (a.opened_at, a.entity))
        critical = " (critical)" if any(a.severity == "critical" for a in some) else ""
        if len(some) > MOST_LINES_A_RULE:
            names = list(dict.fromkeys(one_line(a.entity) for a in some))
            more = f" and {len(names) - MOST_LINES_A_RULE} more" if len(names) > MOST_LINES_A_RULE else ""
            lines.append(
                f"- {len(some)} times {rule_id}{critical}: {', '.join(names[:MOST_LINES_A_RULE])}{more}, "
                f"the first on {_moment(some[0].opened_at)}"
            )
            continue
        for alert in some:
            until = f" to {_moment(alert.closed_at)}" if alert.closed_at else ""
            since = "from" if until else "since"
            lines.append(f"- {_plain(alert.message)}{critical} ({since} {_moment(alert.opened_at)}{until})")
    return [f"## {title}\n\n" + "\n".join(lines) + "\n\nTimes are UTC."]


def _alerts(warehouse: Path) -> list[Alert]:
    with opened(warehouse) as connection:
        if not columns(connection, "marts", "fct_alerts"):
            raise NotificationError("The warehouse has no alerts: run `dbt build --select tag:alerts` first.")
        rows = connection.execute(
            "select alert_id, rule_id, entity, severity, opened_at, closed_at, message from marts.fct_alerts "
            "order by opened_at, alert_id"
        ).fetchall()
    return [Alert(*row) for row in rows]


def _notifier(number: int, url: str) -> Callable[[Mail], bool]:
    import apprise

    # Its log lines name addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    apobj = apprise.Apprise()
    if not apobj.add(url):
        raise NotificationError(
            f"Address {number} of PUBLISHING__ALERT_URLS is not one that apprise knows: mailto://user:password@host for a mail, "
            "others in apprise's documentation."
        )

    def notify(mail: Mail) -> bool:
        return bool(apobj.notify(title=mail.subject, body=mail.text, body_format=apprise.NotifyFormat.TEXT))

    return notify


@contextmanager
def _outbox(file: Path) -> Iterator[tuple[Outbox, Callable[[], None]]]:
    """The outbox, held against a second sender, and how to write it: whole, beside, then renamed."""
    try:
        with owner_only(), FileLock(file.with_name(file.name + ".lock"), mode=0o600).acquire(timeout=lock_timeout()):
            close_to_others(file)
            try:
                outbox = Outbox.model_validate_json(file.read_bytes()) if file.exists() else Outbox()
            except ValidationError:
                raise NotificationError(
                    f"{file} cannot be read: repair it, or remove it, and everything that is open is sent again."
                ) from None

            def save() -> None:
                beside = file.with_name(file.name + ".new")
                beside.unlink(missing_ok=True)  # a killed run's may have other rights
                with beside.open("w", encoding="utf-8") as written:
                    written.write(outbox.model_dump_json(indent=1) + "\n")
                    written.flush()
                    os.fsync(written.fileno())
                beside.replace(file)

            yield outbox, save
    except Timeout:
        raise NotificationError(f"Another process is sending alerts of {file.name}: wait until it has ended.") from None
    except OSError as error:
        raise NotificationError(f"{file} cannot be written: {error.strerror}.") from None


def _plain(message: str) -> str:
    """One line without control characters, and without a path of this machine."""
    return re.sub(r"(?<![\w./:])/(?:[^\s/:'\"]+/)+", "", one_line(message))


def _moment(value: datetime) -> str:
    return f"{value.day} {value:%b %Y, %H:%M}"
