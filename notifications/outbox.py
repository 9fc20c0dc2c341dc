"""What each address was sent, and how a mail gets there."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import AliasChoices, BaseModel, Field, ValidationError

from warehouse.errors import TallyError
from warehouse.permissions import close_to_others, owner_only
from warehouse.settings import lock_timeout

State = Literal["open", "closed"]


class NotificationError(TallyError):
    """A notification could not be made or sent."""


class SentState(BaseModel):
    """What one address was sent: the last state of each alert, the day of its last digest and of the last failure."""

    alerts: dict[str, State] = {}
    digest_of: str | None = None
    failure_on: str | None = None


class Outbox(BaseModel):
    """What each address was sent, by a hash of the address; of reports the first day of the last of each length."""

    # Files of earlier versions say `told`.
    sent: dict[str, SentState] = Field(default={}, validation_alias=AliasChoices("sent", "told"))
    reports: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Mail:
    """A mail, and the state of its recipient once it is sent.

    Attributes:
        text: plain text, or HTML where `is_html`.
        files: what goes with it.
    """

    subject: str
    text: str
    state: SentState
    is_html: bool = False
    files: Sequence[Path] = ()


def key_of(url: str) -> str:
    """An address as the outbox knows it: it holds no password."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def notifier(number: int, url: str) -> Callable[[Mail], bool]:
    """What sends a mail to an address and says whether it was taken.

    Raises:
        NotificationError: the address is none.
    """
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
        form = apprise.NotifyFormat.HTML if mail.is_html else apprise.NotifyFormat.TEXT
        files = [str(file) for file in mail.files]
        return bool(apobj.notify(title=mail.subject, body=mail.text, body_format=form, attach=files or None))

    return notify


@contextmanager
def opened_outbox(file: Path) -> Iterator[tuple[Outbox, Callable[[], None]]]:
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
