"""A feed of a mailbox: attachments that match, each once, from a real IMAP server."""

from __future__ import annotations

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from imapclient.response_parser import parse_fetch_response
from typer.testing import CliRunner

from ingestion.feeds.mailbox import parts_of
from tests import flow
from tests.servers import free_port

PASSWORD = "a pass/word@of#its own"
HEADER = "Date;Ref;Qty;Shop;Total\n"
FEED = """fills = "retail.sales"
from = "{place}"
timezone = "Europe/Paris"
[values]
decimal = ","
[columns]
sale_date = {{ from = "Date", form = "%d/%m/%Y" }}
product_id = "Ref"
quantity = "Qty"
store_id = "Shop"
amount = "Total"
"""


@dataclass
class MailServer:
    """pymap, with one user whose mailbox lives as long as the server."""

    port: int

    def deliver(self, name: str, content: bytes, subtype: str = "csv", folder: str = "INBOX") -> None:
        """Put a message with one attachment, and a text beside it, into a folder."""
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = "till@example.org", "owner@example.org", "The day's sales"
        message.set_content("The file is attached.")
        message.add_attachment(
            content, maintype="text" if subtype == "csv" else "application", subtype=subtype, filename=name
        )
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login("owner", PASSWORD)
            client.create(folder)
            status: str = client.append(folder, "", "", message.as_bytes())[0]
            assert status == "OK"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    port = free_port()
    program = Path(sys.executable).parent / "pymap"
    arguments = [
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-tls",
        "dict",
        "--demo-user",
        "owner",
        "--demo-password",
        PASSWORD,
    ]
    with subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        until = time.monotonic() + 30
        while True:
            try:
                imaplib.IMAP4("127.0.0.1", port).shutdown()
                break
            except OSError:
                assert time.monotonic() < until and server.poll() is None
                time.sleep(0.05)
        yield MailServer(port)
        server.terminate()


@pytest.fixture
def place(mails: MailServer, warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mailbox as a feed names it; the feeds' folder is beside the warehouse."""
    (warehouse.parent / "feeds").mkdir()
    monkeypatch.setenv("TALLY_FEEDS", str(warehouse.parent / "feeds"))
    monkeypatch.setenv("TILL_MAILS", PASSWORD)
    return f"imap://owner:env:TILL_MAILS@127.0.0.1:{mails.port}/INBOX"


def write(warehouse: Path, place: str) -> None:
    (warehouse.parent / "feeds" / "till.toml").write_text(FEED.format(place=place), encoding="utf-8")


def failing() -> str:
    """What a run says that must fail."""
    from ingestion.__main__ import app

    done = CliRunner().invoke(app, ["till"])
    assert done.exit_code == 1, (done.output, done.exception)
    assert PASSWORD not in done.output
    return done.output


def sales(warehouse: Path) -> list[tuple[object, ...]]:
    return flow.query(
        warehouse, "select product_id, quantity, cast(amount as varchar), feed_file from raw_retail.sales order by all"
    )


def test_attachments_that_match_are_loaded_once_each(mails: MailServer, place: str, warehouse: Path) -> None:
    write(warehouse, f"{place}/*.csv")
    mails.deliver("Novembre – été.csv", f"{HEADER}02/11/2026;A;2;1;10,50\n".encode())
    mails.deliver("notes.txt", b"nothing of this is a sale")
    assert "1" in flow.ingest("till").output
    first = sales(warehouse)
    assert [row[:3] for row in first] == [("A", 2, "10.5000")]
    # The mailbox is named without user and password.
    assert str(first[0][3]).startswith("imap://127.0.0.1/INBOX/") and str(first[0][3]).endswith("/Novembre – été.csv")

    # The same sale in another mail's file is another sale; the same file in another mail is the same file.
    mails.deliver("decembre.CSV", f"{HEADER}02/11/2026;A;2;1;10,50\n01/12/2026;B;1;1;3,00\n".encode())
    mails.deliver("again.csv", f"{HEADER}02/11/2026;A;2;1;10,50\n".encode())
    flow.ingest("till", TALLY_NOW="2026-12-02T00:00:00Z")
    assert [row[:3] for row in sales(warehouse)] == [("A", 2, "10.5000"), ("A", 2, "10.5000"), ("B", 1, "3.0000")]

    loads = "select count(*) from raw_retail._dlt_loads"
    before = flow.query(warehouse, loads)
    flow.ingest("till", TALLY_NOW="2026-12-02T00:00:00Z")
    assert flow.query(warehouse, loads) == before
    with imaplib.IMAP4("127.0.0.1", mails.port) as client:
        client.login("owner", PASSWORD)
        client.select("INBOX", readonly=True)
        # Nothing was marked as read, and nothing deleted.
        assert len(client.search(None, "UNSEEN")[1][0].split()) == 4


def test_what_cannot_be_read_is_said_in_one_line(
    mails: MailServer, place: str, warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(warehouse, f"{place}/*.csv")
    mails.deliver("broken.csv", b"no header that is known\n1\n")
    mails.deliver("good.csv", f"{HEADER}02/11/2026;A;2;1;10,50\n".encode())
    assert "broken.csv has no column" in failing()
    assert [row[0] for row in sales(warehouse)] == ["A"]

    write(warehouse, f"{place[: -len('INBOX')]}Tills/*.csv")
    assert "there is no such folder in the mailbox" in failing()
    write(warehouse, f"{place.replace(':env:TILL_MAILS@', ':secret@')}/*.csv")
    said = failing()
    assert "belongs into an environment variable" in said and "secret" not in said
    monkeypatch.setenv("TILL_MAILS", "wrong")
    write(warehouse, f"{place}/*.csv")
    assert "refuses the user owner or the password" in failing()
    monkeypatch.delenv("TILL_MAILS")
    assert "TILL_MAILS is not set" in failing()
    write(warehouse, "imap://127.0.0.1/INBOX/*.csv")
    assert "a mailbox is written as imaps://user:env:NAME@host/INBOX/*.csv" in failing()
    monkeypatch.setenv("TILL_MAILS", PASSWORD)
    write(warehouse, f"imap://owner:env:TILL_MAILS@127.0.0.1:{free_port()}/INBOX/*.csv")
    assert "cannot be read" in failing()


def test_names_of_attachments_as_servers_write_them() -> None:
    """BODYSTRUCTURE of a mail in a mail, as Dovecot and others send it: disposition with parameters, names encoded in two ways."""
    text = (
        b'1 (UID 7 BODYSTRUCTURE ((("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 1 NIL NIL NIL NIL)("text" "html" NIL NIL NIL "7bit" 30 1 NIL NIL NIL NIL) '
        b'"alternative" ("boundary" "b1") NIL NIL NIL)("text" "csv" ("name" "=?utf-8?q?=C3=A9t=C3=A9=2Ecsv?=") NIL NIL "base64" 2048 40 NIL '
        b'("attachment" ("filename" "=?utf-8?q?=C3=A9t=C3=A9=2Ecsv?=")) NIL NIL)("application" "octet-stream" NIL NIL NIL "quoted-printable" 99 NIL '
        b'("attachment" ("filename*" "utf-8\'\'%C3%A9t%C3%A9%202.csv")) NIL NIL)("image" "png" ("name" "logo.png") NIL NIL "base64" 5 NIL NIL NIL NIL) '
        b'"mixed" ("boundary" "b2") NIL NIL NIL))'
    )
    structure = parse_fetch_response([text])[7][b"BODYSTRUCTURE"]
    assert [(part.number, part.name, part.encoding, part.size) for part in parts_of(structure)] == [
        ("2", "été.csv", "base64", 2048),
        ("3", "été 2.csv", "quoted-printable", 99),
        ("4", "logo.png", "base64", 5),
    ]
