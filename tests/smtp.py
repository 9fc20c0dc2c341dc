"""A mail server of the tests' own, over real SMTP."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller


class Inbox:
    """A mail server on a port of its own: what it took in (of each mail subject and text, of all of them pages of HTML and files), and whether it is up."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.mails: list[tuple[str, str]] = []
        self.files: list[tuple[str, Any]] = []
        self.pages: list[str] = []
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=tally@shop.example&to=boss@shop.example&mode=insecure&token=geheim"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert envelope.rcpt_tos == ["boss@shop.example"]
        body = mail.get_body(("plain",))
        self.mails.append((str(mail["subject"]), body.get_content() if body else ""))
        page = mail.get_body(("html",))
        self.pages += [page.get_content()] if page else []
        self.files += [(str(part.get_filename()), part.get_content()) for part in mail.iter_attachments()]
        return "250 taken"

    def up(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def down(self) -> None:
        if self._controller:
            self._controller.stop()
            self._controller = None

    def take(self) -> list[tuple[str, str]]:
        """The mails since the last time."""
        taken, self.mails = self.mails, []
        return taken
