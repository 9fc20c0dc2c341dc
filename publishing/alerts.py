"""Mails what alerts opened and closed since the last time, and in the morning the digest: one mail, nothing twice, nothing lost.

What was sent to whom is written down beside the warehouse (`<warehouse>.alerts.json`) after the mail has gone, and only then: while the
mail server is down everything waits, and goes in one mail once it is back.
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
from pydantic import BaseModel, ValidationError

from publishing.digest import digest
from publishing.publication import PublishingError, marts_folder, read_publication
from publishing.settings import digest_hour
from publishing.warehouse import lock_timeout, opened

MOST_LINES_A_RULE = 5
"""More alerts of one rule than these share a line."""

State = Literal["open", "closed"]


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


class Told(BaseModel):
    """What one address has been told: the state of each alert as it last heard of it, and the day of its last digest."""

    alerts: dict[str, State] = {}
    digest_of: str | None = None


class Outbox(BaseModel):
    """What each address has been told, by a hash of the address."""

    told: dict[str, Told] = {}


@dataclass(frozen=True)
class Mail:
    """A mail, and what its reader has been told once it has gone."""

    subject: str
    text: str
    told: Told


def outbox_file(warehouse: Path) -> Path:
    """Where it is written down what was sent: `data/warehouse.alerts.json` for `data/warehouse.duckdb`."""
    return warehouse.with_name(warehouse.name.removesuffix(".duckdb") + ".alerts.json")


def open_alerts(warehouse: Path) -> int:
    """How many alerts are open."""
    return sum(alert.state == "open" for alert in _alerts(warehouse))


def send(warehouse: Path, urls: Sequence[str], with_digest: bool | None = None, now: datetime | None = None) -> str:
    """Tell each address what it has not been told yet, in one mail; nothing where there is nothing to tell.

    Args:
        warehouse: the DuckDB file.
        urls: addresses as apprise writes them.
        with_digest: whether the digest goes along; None: once for each new day, from the hour set on.
        now: the machine's clock, for the digest's hour.

    Returns:
        A line about what went.

    Raises:
        PublishingError: the warehouse cannot be read, an address is none, or an address could not be reached.
    """
    alerts = _alerts(warehouse)
    text, day = _digest(warehouse, with_digest, now or datetime.now())
    notifiers = [_notifier(number, url) for number, url in enumerate(urls, start=1)]
    sent = 0
    silent = []
    with _written_down(outbox_file(warehouse)) as (outbox, save):
        for number, (url, notify) in enumerate(zip(urls, notifiers, strict=True), start=1):
            mail = compose(alerts, outbox.told.get(_key(url)), text, day, is_wanted=with_digest is True)
            if mail is None:
                if _key(url) not in outbox.told:
                    outbox.told[_key(url)] = Told(alerts={alert.alert_id: alert.state for alert in alerts})
                    save()
                continue
            if not notify(mail):
                silent.append(f"address {number} ({url.partition(':')[0]})")
                continue
            outbox.told[_key(url)] = mail.told
            save()
            sent += 1
    if silent:
        raise PublishingError(
            f"{' and '.join(silent)} could not be reached: what was to be said is kept, and goes with the next try."
        )
    return f"{sent} of {len(urls)} told" if sent else "nothing new to tell"


def tell(urls: Sequence[str], subject: str, text: str) -> None:
    """Say something to every address at once: what no warehouse holds, such as a schedule's failed task.

    Raises:
        PublishingError: an address is none, or could not be reached.
    """
    mail = Mail(subject=subject, text=text.rstrip() + "\n", told=Told())
    silent = [number for number, url in enumerate(urls, start=1) if not _notifier(number, url)(mail)]
    if silent:
        raise PublishingError(
            f"Of the addresses of alerts, number {silent} could not be reached: nobody was told there."
        )


def preview(warehouse: Path, urls: Sequence[str], with_digest: bool | None = None) -> str:
    """The mail that the first address (or one that has never been told anything) would get, and nothing sent."""
    text, day = _digest(warehouse, with_digest, datetime.now())
    with _written_down(outbox_file(warehouse)) as (outbox, _):
        told = outbox.told.get(_key(urls[0])) if urls else None
        mail = compose(_alerts(warehouse), told, text, day, is_wanted=with_digest is True)
    return f"{mail.subject}\n\n{mail.text}" if mail else "Nothing new to tell.\n"


def compose(
    alerts: Sequence[Alert], told: Told | None, digest_text: str | None, day: str | None, *, is_wanted: bool = False
) -> Mail | None:
    """The mail for a reader who was told so much already; None where nothing is new.

    Whoever is told for the first time hears of what is open, not of what was over before.
    """
    is_first = told is None
    told = told or Told()
    news = [
        alert
        for alert in alerts
        if told.alerts.get(alert.alert_id) != alert.state and not (is_first and alert.state == "closed")
    ]
    opened_ones = [alert for alert in news if alert.state == "open"]
    closed_ones = [alert for alert in news if alert.state == "closed"]
    has_digest = digest_text is not None and (is_wanted or told.digest_of != day)
    if not news and not has_digest:
        return None
    parts = [
        *_section("Opened", opened_ones),
        *_section("Closed", closed_ones),
        *([digest_text.strip()] if has_digest and digest_text else []),
    ]
    counts = [f"{len(some)} {word}" for some, word in ((opened_ones, "opened"), (closed_ones, "closed")) if some]
    subject = (
        "Tally: " + (f"alerts {', '.join(counts)}" if counts else "the digest") + (f" ({day})" if has_digest else "")
    )
    return Mail(
        subject=subject,
        text="\n\n".join(parts) + "\n",
        told=Told(
            # What left the warehouse with a deleted file need not be remembered.
            alerts={alert.alert_id: alert.state for alert in alerts},
            digest_of=day if has_digest else told.digest_of,
        ),
    )


def _key(url: str) -> str:
    """An address as the outbox knows it: it holds no password."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _section(title: str, alerts: Sequence[Alert]) -> list[str]:
    """A heading and a line an alert, the gravest first; many of one rule share a line."""
    if not alerts:
        return []
    lines = []
    rules = dict.fromkeys(a.rule_id for a in sorted(alerts, key=lambda a: (a.severity != "act", a.rule_id)))
    for rule_id in rules:
        some = sorted((a for a in alerts if a.rule_id == rule_id), key=lambda a: (a.opened_at, a.entity))
        act = " (act)" if any(a.severity == "act" for a in some) else ""
        if len(some) > MOST_LINES_A_RULE:
            names = list(dict.fromkeys(a.entity for a in some))
            more = f" and {len(names) - MOST_LINES_A_RULE} more" if len(names) > MOST_LINES_A_RULE else ""
            lines.append(
                f"- {len(some)} times {rule_id}{act}: {', '.join(names[:MOST_LINES_A_RULE])}{more}, "
                f"the first on {_moment(some[0].opened_at)}"
            )
            continue
        for alert in some:
            until = f" to {_moment(alert.closed_at)}" if alert.closed_at else ""
            since = "from" if until else "since"
            lines.append(f"- {_plain(alert.message)}{act} ({since} {_moment(alert.opened_at)}{until})")
    return [f"## {title}\n\n" + "\n".join(lines) + "\n\nTimes are UTC."]


def _alerts(warehouse: Path) -> list[Alert]:
    try:
        with opened(warehouse) as connection:
            rows = connection.execute(
                "select alert_id, rule_id, entity, severity, opened_at, closed_at, message from marts.fct_alerts "
                "order by opened_at, alert_id"
            ).fetchall()
    except duckdb.CatalogException:
        raise PublishingError("The warehouse has no alerts: run `dbt build --select tag:alerts` first.") from None
    return [Alert(*row) for row in rows]


def _digest(warehouse: Path, with_digest: bool | None, now: datetime) -> tuple[str | None, str | None]:
    """The digest's text and the day it is of; nothing where it is not wanted, or not yet time."""
    if with_digest is False or (with_digest is None and now.hour < digest_hour()):
        return None, None
    try:
        text = digest(warehouse)
        file = marts_folder(warehouse) / "dim_stores.parquet"
        found = (
            duckdb.sql(f"select max(latest_complete_date) from '{_quoted(file)}'").fetchone() if file.exists() else None
        )
        day = f"{found[0]:%Y-%m-%d}" if found and found[0] else None
        if day is None and read_publication(marts_folder(warehouse)).published_at is None:
            return None, None
    except (PublishingError, duckdb.Error) as error:
        if with_digest:
            raise PublishingError(str(error).splitlines()[0]) from None
        return None, None  # nothing published yet keeps no alert waiting
    return (text, day) if with_digest or day else (None, None)


def _notifier(number: int, url: str) -> Callable[[Mail], bool]:
    import apprise

    # Its log lines name addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    apobj = apprise.Apprise()
    if not apobj.add(url):
        raise PublishingError(
            f"Address {number} of PUBLISHING__ALERT_URLS is none that apprise knows: mailto://user:password@host for a mail, "
            "others in apprise's documentation."
        )

    def notify(mail: Mail) -> bool:
        return bool(apobj.notify(title=mail.subject, body=mail.text, body_format=apprise.NotifyFormat.TEXT))

    return notify


@contextmanager
def _written_down(file: Path) -> Iterator[tuple[Outbox, Callable[[], None]]]:
    """The outbox, held against a second sender, and how to write it: whole, beside, then renamed."""
    try:
        with FileLock(file.with_name(file.name + ".lock")).acquire(timeout=lock_timeout()):
            try:
                outbox = Outbox.model_validate_json(file.read_bytes()) if file.exists() else Outbox()
            except ValidationError:
                raise PublishingError(
                    f"{file} cannot be read: mend it, or remove it and be told again of everything that is open."
                ) from None

            def save() -> None:
                beside = file.with_name(file.name + ".new")
                with beside.open("w", encoding="utf-8") as written:
                    written.write(outbox.model_dump_json(indent=1) + "\n")
                    written.flush()
                    os.fsync(written.fileno())
                beside.replace(file)

            yield outbox, save
    except Timeout:
        raise PublishingError(f"Another process is sending alerts of {file.name}: wait until it has ended.") from None
    except OSError as error:
        raise PublishingError(f"{file} cannot be written: {error.strerror}.") from None


def _plain(message: str) -> str:
    """One line, without a path of this machine."""
    return re.sub(r"(?<![\w./:])/(?:[^\s/:'\"]+/)+", "", " ".join(message.split()))


def _moment(value: datetime) -> str:
    return f"{value.day} {value:%b %Y, %H:%M}"


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")
