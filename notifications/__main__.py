"""`python -m notifications`: the digest, the report, and the mails of alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.command import DEFAULT_WAREHOUSE, WarehouseOption, new_app, running
from warehouse.errors import TallyError

app = new_app(__doc__, no_args_is_help=True)


@app.command()
def digest(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    out: Annotated[Path | None, typer.Option(help="Write it to this file, instead of printing it.")] = None,
) -> None:
    """Yesterday, the week and what needs attention, as plain Markdown: for a terminal, a mail or GitHub."""
    from notifications.digest import make_digest

    with running("digest"):
        text = make_digest(warehouse).text
        if not out:
            typer.echo(text, nl=False)
            return
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise TallyError(f"{out} cannot be written: {error.strerror}") from None


@app.command()
def report(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    is_month: Annotated[bool, typer.Option("--month/--week", help="Of the last month, or of the last week.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write its HTML and PDF to this folder, instead of mailing it.")
    ] = None,
) -> None:
    """Mail the report of the last week or month: two pages of what happened, why, what is coming and what to do.

    It goes to the addresses of the alerts, as HTML and, where a Chromium is found, as PDF. The loop and the schedules send it by themselves, each week's and
    month's once: PUBLISHING__REPORTS.
    """
    from notifications.outbox import NotificationError
    from notifications.report import WITHOUT_PDF, Length, make_report, send_report, write_report
    from warehouse.settings import Publishing

    length = Length.MONTH if is_month else Length.WEEK
    with running("report"):
        if out:
            files = write_report(make_report(warehouse, length), out)
            typer.echo(f"report: {' and '.join(map(str, files))} written{'' if len(files) > 1 else WITHOUT_PDF}")
            return
        urls = Publishing.load().alert_urls
        if not urls:
            raise NotificationError(
                "No alert recipients configured: set PUBLISHING__ALERT_URLS, or write the report to a folder with --out."
            )
        typer.echo(f"report: {send_report(warehouse, urls, length)}")


@app.command()
def tell(
    text: Annotated[str, typer.Argument(help="The text of the message.")],
    subject: Annotated[str, typer.Option(help="The mail's subject.")] = "Tally",
) -> None:
    """Send one message to the addresses of the alerts now: for schedules whose task failed."""
    from notifications.alerts import send_message
    from warehouse.settings import Publishing

    with running("tell"):
        urls = Publishing.load().alert_urls
        send_message(urls, subject, text)
    typer.echo(
        f"sent to {len(urls)} addresses" if urls else "No alert recipients configured: set PUBLISHING__ALERT_URLS."
    )


@app.command()
def alerts(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    with_digest: Annotated[
        bool | None,
        typer.Option(
            "--digest/--no-digest", help="With the digest, or without; else once for each new day, in the morning."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the mail instead, and send nothing.")] = False,
) -> None:
    """Mail what alerts opened and closed since the last time, in one mail; nothing where nothing did.

    It goes to the addresses in PUBLISHING__ALERT_URLS (or [publishing] alert_urls in .dlt/secrets.toml), which are
    apprise's: mailtos://user:password@host?to=a@b.example for a mail, and others for chats. What could not be sent is sent by the next run.
    If the digest cannot be made, the mail that would have carried it reports the error, and the command fails.
    """
    from notifications.alerts import preview, send
    from notifications.outbox import NotificationError
    from warehouse.settings import Publishing

    with running("alerts"):
        urls = Publishing.load().alert_urls
        if dry_run:
            typer.echo(preview(warehouse, urls, with_digest), nl=False)
            return
        if not urls:
            raise NotificationError(
                "No alert recipients configured: set PUBLISHING__ALERT_URLS, for example to mailtos://user:password@host?to=a@b.example."
            )
        typer.echo(f"alerts: {send(warehouse, urls, with_digest)}")


if __name__ == "__main__":
    app(prog_name="python -m notifications")
