"""`python -m publishing alerts` against a real SMTP server of the test's own."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from notifications.__main__ import app
from publishing.parquet import publish as publish_marts
from tests.integration.test_publishing import record_build
from tests.smtp import Inbox


@pytest.fixture
def alerts(warehouse: Path) -> Path:
    """A warehouse with an alert that is open and one that was over before any mail was sent."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_alerts (alert_id varchar, rule_id varchar, entity varchar, severity varchar, "
            "opened_at timestamp, closed_at timestamp, message varchar)"
        )
    put(warehouse, "a", "sensor_silent", "paris-1", "critical", "2026-11-20 10:00:00", None, "paris-1 is silent")
    put(warehouse, "old", "coverage", "roma", "warning", "2026-11-18 10:00:00", "2026-11-19 10:00:00", "Roma: low")
    return warehouse


def put(warehouse: Path, alert_id: str, *columns: str | None) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.fct_alerts where alert_id = ?", [alert_id])
        connection.execute("insert into marts.fct_alerts values (?, ?, ?, ?, ?, ?, ?)", [alert_id, *columns])


def close(warehouse: Path, alert_id: str, moment: str | None) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.fct_alerts set closed_at = ? where alert_id = ?", [moment, alert_id])


def mail(warehouse: Path, *urls: str, options: tuple[str, ...] = ("--no-digest",)) -> Result:
    environment = {"TALLY_WAREHOUSE": str(warehouse), "PUBLISHING__ALERT_URLS": "\n".join(urls)}
    return CliRunner().invoke(app, ["alerts", *options], env=environment)


def test_what_opened_and_closed_is_mailed_once(alerts: Path, inbox: Inbox) -> None:
    assert mail(alerts, inbox.url).exit_code == 0
    ((subject, text),) = inbox.take()
    assert subject == "Tally: alerts 1 opened"
    assert "- paris-1 is silent (critical) (since 20 November 2026, 10:00)" in text
    assert "Roma" not in text  # over before any mail was sent

    assert mail(alerts, inbox.url).stdout == "alerts: nothing new to send\n"
    assert inbox.take() == []

    close(alerts, "a", "2026-11-20 15:00:00")
    put(alerts, "b", "coverage", "roma", "warning", "2026-11-21 00:00:00", "2026-11-22 00:00:00", "Roma was low")
    assert mail(alerts, inbox.url).exit_code == 0
    ((subject, text),) = inbox.take()
    assert subject == "Tally: alerts 2 closed"
    assert "- paris-1 is silent (critical) (from 20 November 2026, 10:00 to 20 November 2026, 15:00)" in text
    assert "Roma was low" in text  # it opened and closed since the last time

    close(alerts, "a", None)
    assert mail(alerts, inbox.url).exit_code == 0
    ((subject, _),) = inbox.take()
    assert subject == "Tally: alerts 1 opened"  # open again, though its reader thinks it over


def test_nothing_is_lost_while_the_server_is_down_and_nothing_comes_twice(alerts: Path, inbox: Inbox) -> None:
    inbox.down()
    result = mail(alerts, inbox.url)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "alerts: address 1 (mailto) could not be reached: what was to be sent is kept, and goes with the next try."
    ]
    put(alerts, "b", "feed_old", "orders", "critical", "2026-11-21 10:00:00", None, "orders: nothing new")
    assert mail(alerts, inbox.url).exit_code == 1
    inbox.up()
    assert mail(alerts, inbox.url).exit_code == 0
    ((subject, text),) = inbox.take()
    assert subject == "Tally: alerts 2 opened"
    assert "orders: nothing new" in text
    assert "paris-1 is silent" in text
    assert mail(alerts, inbox.url).exit_code == 0
    assert inbox.take() == []


def test_one_address_that_is_down_keeps_nothing_from_the_other_and_gets_its_own_later(
    alerts: Path, inbox: Inbox
) -> None:
    other = Inbox()
    assert mail(alerts, other.url, inbox.url).exit_code == 1
    assert len(inbox.take()) == 1
    other.up()
    assert mail(alerts, other.url, inbox.url).exit_code == 0
    other.down()
    assert len(other.take()) == 1
    assert inbox.take() == []


def test_a_storm_is_one_mail_of_a_few_lines(alerts: Path, inbox: Inbox) -> None:
    for door in range(40):
        put(alerts, f"s{door}", "sensor_low", f"paris-{door:02}", "warning", "2026-11-21 08:00:00", None, "a low count")
    assert mail(alerts, inbox.url).exit_code == 0
    ((subject, text),) = inbox.take()
    assert subject == "Tally: alerts 41 opened"
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert lines == [
        "- paris-1 is silent (critical) (since 20 November 2026, 10:00)",
        "- 40 times sensor_low: paris-00, paris-01, paris-02, paris-03, paris-04 and 35 more, the first on 21 November 2026, 08:00",
    ]


def publish(warehouse: Path, day: str, hour: int) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"create or replace table marts.dim_stores as select 'roma' as store_id, 'Roma' as store_name, "
            f"date '{day}' as latest_complete_date, timestamp '{day} 20:00:00' as newest_hour_at"
        )
    record_build(warehouse, hour)
    publish_marts(warehouse)


def mail_in_the_morning(warehouse: Path, url: str) -> Result:
    environment = {"TALLY_WAREHOUSE": str(warehouse), "PUBLISHING__ALERT_URLS": url, "PUBLISHING__DIGEST_HOUR": "0"}
    return CliRunner().invoke(app, ["alerts"], env=environment)


def test_a_digest_that_cannot_be_made_is_said_in_the_mail_once_a_day_and_the_command_fails(
    alerts: Path, inbox: Inbox
) -> None:
    publish(alerts, "2026-11-20", 1)
    file = alerts.with_name("warehouse.marts") / "dim_stores.parquet"
    file.write_bytes(file.read_bytes()[:20])
    put(alerts, "c", "coverage", "roma", "warning", "2026-11-21 10:00:00", None, "Roma: low")

    result = mail_in_the_morning(alerts, inbox.url)
    assert result.exit_code == 1
    assert result.stderr.startswith("alerts: The digest could not be made: ")
    ((subject, text),) = inbox.take()
    assert subject == "Tally: could not be made, alerts 2 opened"  # the alerts come all the same
    assert "- The digest could not be made: " in text
    assert "Roma: low" in text
    assert str(alerts.parent) not in text

    assert mail_in_the_morning(alerts, inbox.url).exit_code == 1
    assert inbox.take() == []
    publish(alerts, "2026-11-20", 2)
    assert mail_in_the_morning(alerts, inbox.url).exit_code == 0
    ((subject, _),) = inbox.take()
    assert subject == "Tally: the digest (2026-11-20)"


def test_alerts_that_cannot_be_read_are_said_in_the_mail_and_stay_known(alerts: Path, inbox: Inbox) -> None:
    assert mail(alerts, inbox.url).exit_code == 0
    assert len(inbox.take()) == 1
    with duckdb.connect(str(alerts)) as connection:
        connection.execute("alter table marts.fct_alerts rename to gone")
    result = mail(alerts, inbox.url)
    assert result.exit_code == 1
    assert "run `dbt build --select tag:alerts` first" in result.stderr
    ((subject, text),) = inbox.take()
    assert subject == "Tally: could not be made"
    assert "The alerts could not be read" in text
    with duckdb.connect(str(alerts)) as connection:
        connection.execute("alter table marts.gone rename to fct_alerts")
    assert mail(alerts, inbox.url).exit_code == 0
    assert inbox.take() == []  # what was sent before is not sent again


def test_the_digest_goes_along_once_a_day(alerts: Path, inbox: Inbox) -> None:
    publish(alerts, "2026-11-20", 1)
    for day, subjects in (
        ("2026-11-20", ["Tally: alerts 1 opened, the digest (2026-11-20)"]),
        ("2026-11-20", []),
        ("2026-11-21", ["Tally: the digest (2026-11-21)"]),
    ):
        publish(alerts, day, 2)
        result = mail_in_the_morning(alerts, inbox.url)
        assert result.exit_code == 0, result
        mails = inbox.take()
        assert [subject for subject, _ in mails] == subjects
        assert all("Visitor counts up to" in text for _, text in mails)


def test_no_address_leaks_and_a_wrong_one_is_said_in_a_line(
    alerts: Path, inbox: Inbox, capfd: pytest.CaptureFixture[str]
) -> None:
    inbox.down()
    results = [mail(alerts, inbox.url), mail(alerts, "nonsense-geheim"), mail(alerts)]
    captured = capfd.readouterr()
    outbox = alerts.with_name("warehouse.alerts.json")
    said = "".join(result.output for result in results) + captured.out + captured.err
    said += outbox.read_text() if outbox.exists() else ""
    assert "geheim" not in said
    assert "shop.example" not in said
    assert [result.exit_code for result in results] == [1, 1, 1]
    assert all(len(result.stderr.splitlines()) == 1 for result in results)
    assert re.search(r"Address 1 of PUBLISHING__ALERT_URLS is not one that apprise knows", results[1].stderr)
    assert "set PUBLISHING__ALERT_URLS" in results[2].stderr


def test_a_warehouse_without_alerts_says_what_to_run(warehouse: Path, inbox: Inbox) -> None:
    duckdb.connect(str(warehouse)).close()
    result = mail(warehouse, inbox.url)
    assert result.exit_code == 1
    assert "run `dbt build --select tag:alerts` first" in result.stderr


def test_a_message_names_no_path_of_the_machine(alerts: Path, inbox: Inbox) -> None:
    put(
        alerts,
        "p",
        "ingestion_failed",
        "retail",
        "critical",
        "2026-11-21 08:00:00",
        None,
        "held by /opt/tally/bin/python",
    )
    assert mail(alerts, inbox.url).exit_code == 0
    ((_, text),) = inbox.take()
    assert "held by python (critical)" in text
