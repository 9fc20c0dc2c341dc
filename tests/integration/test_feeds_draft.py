"""`python -m ingestion draft`: what it writes for files of many kinds, which once its questions are answered load as they should."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from ingestion.__main__ import checking, drafting
from ingestion.feeds import presets
from ingestion.feeds.config import load
from ingestion.feeds.targets import TARGETS
from ingestion.feeds.words import COLUMNS
from tests import flow
from tests.workbooks import saved, workbook


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An owner's folder: files in inbox/, feeds in feeds/."""
    (tmp_path / "inbox").mkdir()
    monkeypatch.setenv("TALLY_FEEDS", str(tmp_path / "feeds"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def draft(*arguments: str) -> Result:
    return CliRunner().invoke(drafting, list(arguments))


def drafted(*arguments: str, out: str = "mine") -> str:
    """The text of the feed."""
    done = draft(*arguments, "--out", f"feeds/{out}.toml")
    assert done.exit_code == 0, done.output
    text = Path(f"feeds/{out}.toml").read_text(encoding="utf-8")
    tomllib.loads(text)
    assert f"Next: python -m ingestion check feeds/{out}.toml" in done.output
    return text


def answer(name: str, **answers: str) -> None:
    """Take the `#` from before the questions of these keys, with the answers that are given."""
    path = Path(f"feeds/{name}.toml")
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        key = re.match(r"# (\w+) *=", line)
        if key and key[1] in answers and "# ? " in line:
            line = f"{key[1]} = {answers.pop(key[1])}"
        lines.append(line)
    assert answers == {}, "these are no questions"
    path.write_text("\n".join(lines), encoding="utf-8")


def unanswered(text: str) -> dict[str, list[str]]:
    """The questions, by key, and what is offered for each."""
    found: dict[str, list[str]] = {}
    for key, offered in re.findall(r"(?m)^# (\w+) *= *(.*?) +# \? ", text):
        found.setdefault(key, []).append(offered)
    return found


def check(name: str) -> str:
    done = CliRunner().invoke(checking, [f"feeds/{name}.toml"])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("name", [name for name in presets.names() if not presets.preset(name).feed.is_asked])
def test_a_presets_export_is_recognised_and_what_only_its_owner_knows_is_asked(root: Path, name: str) -> None:
    preset = presets.preset(name)
    (sample,) = preset.path.parent.glob("sample.*")
    shutil.copy(sample, root / "inbox" / f"export{sample.suffix}")
    # One column is too little to be known by.
    said = ["--preset", name] if name == "pedestrian-wide" else []
    text = drafted(f"inbox/export{sample.suffix}", *said)
    original = preset.path.read_text(encoding="utf-8")
    assert set(unanswered(text)) == set(re.findall(r"(?m)^(\w+) *=.*#\?", original))
    # Answered as the preset has it, it is the preset.
    Path("feeds/mine.toml").write_text(re.sub(r"(?m)^# (\w+ *= .*?)  # \? .*$", r"\1", text), encoding="utf-8")
    here = load(Path("feeds/mine.toml"))
    assert here.places == [f"inbox/export{sample.suffix}"]
    assert here.model_dump(exclude={"from_"}) == preset.feed.model_dump(exclude={"from_"})
    assert sorted(path.name for path in Path("feeds").iterdir()) == sorted(
        ["mine.toml", *(f"mine-{path.name}" for path in preset.companions)]
    )
    assert "No row is rejected." in check("mine")


def test_a_german_counters_file(root: Path, warehouse: Path) -> None:
    (root / "inbox" / "Zählung_2026-11.csv").write_bytes(
        "Zähler;Filiale;Datum;Uhrzeit;Eingänge;Ausgänge\n"
        "Tür 1;Berlin;02.11.2026;10:00-10:15;12;9\n"
        "Tür 1;Berlin;02.11.2026;10:15-10:30;1.204;8\n"
        "Tür 1;Berlin;02.11.2026;10:30-10:45;7;7\n"
        "Tür 1;Berlin;02.11.2026;10:45-11:00;3;4\n".encode("cp1252")
    )
    done = draft("inbox/Zählung_2026-11.csv")
    assert done.exit_code == 0, done.output
    assert "It fills footfall.readings." in done.output
    text = Path("feeds/zahlung.toml").read_text(encoding="utf-8")
    assert set(unanswered(text)) == {"timezone"}
    assert "#   Ausgänge: 9, 8, 7, …" in text
    answer("zahlung", timezone='"Europe/Berlin"')
    answer("zahlung-stores", timezone='"Europe/Berlin"')
    assert "1,226" in check("zahlung")
    flow.ingest()
    assert flow.query(
        warehouse, "select sensor_id, epoch(hour_start)::bigint, visits from raw_footfall.readings order by hour_start"
    ) == [
        ("Tür 1", int(datetime(2026, 11, 2, 9, minute, tzinfo=UTC).timestamp()), visits)
        for minute, visits in ((0, 12), (15, 1204), (30, 7), (45, 3))
    ]
    assert flow.query(warehouse, "select store_id, timezone from raw_footfall.stores") == [("Berlin", "Europe/Berlin")]
    assert flow.query(warehouse, "select interval_minutes from raw_footfall.sensors") == [(15,)]


def test_a_french_journal_with_a_title_a_total_and_a_ticket(root: Path) -> None:
    (root / "inbox" / "ventes.csv").write_text(
        "Journal des ventes;;;;;;\n;;;;;;\nDate;Heure;N° ticket;Référence;Désignation;Qté;Montant TTC;Boutique\n"
        "15/11/2026;09:12:00;T1;A1;Tasse;2;12,50 €;Lyon\n16/11/2026;10:12:00;T2;A2;Vélo;1;1 299,00 €;Lyon\n"
        "Total;;;;;3;1 311,50 €;\n",
        encoding="utf-8",
    )
    text = drafted("inbox/ventes.csv")
    assert set(unanswered(text)) == {"timezone", "mode"}
    answer("mine", timezone='"Europe/Paris"')
    assert load(Path("feeds/mine.toml")).model_dump(exclude_defaults=True, by_alias=True, exclude={"layout", "columns"}) == {
        "fills": "retail.sales", "from": "inbox/ventes.csv", "timezone": "Europe/Paris", "values": {"decimal": ","},
    }  # fmt: skip
    shown = check("mine")
    assert "1,311.50" in shown
    assert "No row is rejected." in shown


def test_what_can_be_read_in_two_ways_is_asked_with_both(root: Path) -> None:
    (root / "inbox" / "a.csv").write_text("date,sku,qty,store,amount\n05/06/2026,A,1,S,1.299\n06/06/2026,B,2,S,2.500\n")
    asked = unanswered(drafted("inbox/a.csv"))
    assert asked["decimal"] == ['"."', '","']
    assert asked["sale_date"] == ['{ from = "date", form = "%d/%m/%Y" }', '{ from = "date", form = "%m/%d/%Y" }']
    assert asked["currency"] == ['"EUR"']
    # Read the other way, one of these days would be yet to come.
    (root / "inbox" / "b.csv").write_text("date,sku,qty,store,amount\n01/12/2025,A,1,S,1.299\n11/09/2026,B,2,S,2.50\n")
    text = drafted("inbox/b.csv", out="b")
    assert 'sale_date = { from = "date", form = ' in text
    assert 'decimal = "."' in text


def test_of_a_wide_table_the_columns_of_doors_are_found(root: Path) -> None:
    (root / "inbox" / "wide.csv").write_text(
        "Timestamp,North Door,South Door,Total,Temperature,Day\n2026-11-02 10:00,5,7,12,11.5,Monday\n"
        "2026-11-02 11:00,6,n/a,6,11.0,Monday\n2026-11-02 12:00,6,8,14,11.0,Monday\n2026-11-02 13:00,6,8,14,11.0,Monday\n"
    )
    text = drafted("inbox/wide.csv")
    assert set(unanswered(text)) == {"timezone", "store_id"}
    answer("mine", timezone='"Europe/Dublin"', store_id='{ value = "shop" }')
    feed = load(Path("feeds/mine.toml"))
    assert (feed.layout.wide, feed.layout.ignore, feed.interval) == ("sensor_id", ["Total", "Temperature", "Day"], 60)
    shown = check("mine")
    # 5 + 6 + 6 + 6 and 7 + 8 + 8
    assert re.search(r"all\s+│\s+8\s+│\s+46", shown), shown


def test_of_a_table_with_a_column_for_each_hour_the_titles_are_times(root: Path) -> None:
    (root / "inbox" / "hours.csv").write_text(
        "Datum,Eingang,Filiale,09:00-10:00,10:00-11:00,11:00-12:00,12:00-13:00,Summe\n02.11.2026,Nord,Bonn,5,6,7,0,18\n03.11.2026,Nord,Bonn,8,9,1,2,20\n"
    )
    text = drafted("inbox/hours.csv")
    assert set(unanswered(text)) == {"timezone"}
    answer("mine", timezone='"Europe/Berlin"')
    feed = load(Path("feeds/mine.toml"))
    assert (feed.layout.wide, feed.layout.ignore, feed.interval) == ("hour_start", ["Summe"], 60)
    assert re.search(r"all\s+│\s+8\s+│\s+38", check("mine"))


def test_a_workbook_with_hours_as_numbers_and_a_sum(root: Path) -> None:
    rows: list[list[Any]] = [["Besucherzählung"], [], ["Standort", "Eingang", "Datum", "Stunde", "Besucher"]]
    rows += [["Bonn", "Haupt", date(2026, 11, 2), hour, hour] for hour in range(9, 14)]
    (root / "inbox" / "book.xlsx").write_bytes(workbook([*rows, ["Summe", "", "", "", 55]]))
    text = drafted("inbox/book.xlsx")
    assert set(unanswered(text)) == {"timezone"}
    answer("mine", timezone='"Europe/Berlin"')
    assert load(Path("feeds/mine.toml")).layout.leave_out == {"Standort": "Summe"}
    shown = check("mine")
    assert re.search(r"all\s+│\s+5\s+│\s+55", shown), shown
    assert "No row is rejected." in shown


def test_json_with_columns_within_others(root: Path) -> None:
    (root / "inbox" / "sales.json").write_text(
        '{"sales": [{"sold_at": "2026-11-02T09:00:00+01:00", "item": {"sku": "A", "name": "Cup"}, "qty": 2, "total": 19.9, "shop": "Lyon"}, '
        '{"sold_at": "2026-11-03T09:00:00+01:00", "item": {"sku": "B", "name": "Pot"}, "qty": 1, "total": 5.5, "shop": "Lyon"}]}'
    )
    # The times have offsets: nothing is to be asked of them.
    assert set(unanswered(drafted("inbox/sales.json"))) == {"currency", "mode"}
    assert "25.40" in check("mine")


def test_no_personal_data_is_written(root: Path) -> None:
    (root / "inbox" / "export.csv").write_text(
        "Order ID,Order Date,Customer Name,Customer Email,Phone,Who,Reach,SKU,Qty,Unit Price,Colour,Notes\n"
        "1001,2026-11-02T10:00:00Z,Ann Example,ann@example.org,+353 1 555 0100,ann@example.org,01 555 0100 22,A,1,9.50,red,ring Ann\n"
        "1001,2026-11-02T10:00:00Z,Ann Example,ann@example.org,+353 1 555 0100,ann@example.org,01 555 0100 22,B,1,11.00,blue,\n"
    )
    text = drafted("inbox/export.csv")
    assert 'fills = "orders.lines"' in text
    for personal in ("Ann", "ann@", "555"):
        assert personal not in text
    # Any text of an order may be somebody's name.
    assert "#   Colour: not shown: it may hold personal data" in text
    assert "#   Phone: not shown: it may hold personal data" in text


def test_a_file_that_is_like_nothing_known_becomes_a_skeleton(root: Path) -> None:
    (root / "inbox" / "x.txt").write_text("foo|bar\n1|2\n3|4\n")
    done = draft("inbox/x.txt")
    assert done.exit_code == 0, done.output
    text = Path("feeds/x.toml").read_text()
    assert tomllib.loads(text) == {"from": "inbox/x.txt", "layout": {"delimiter": "|"}}
    assert "#   foo: 1, 3" in text
    # What it is can be said.
    text = drafted("inbox/x.txt", "--fills", "retail.products", out="y")
    assert set(unanswered(text)) == {"product_id"}


def test_a_file_without_a_header_asks_for_one(root: Path) -> None:
    (root / "inbox" / "x.csv").write_text("2026-11-02,A,2,5.00\n2026-11-03,B,1,2.50\n")
    text = drafted("inbox/x.csv", "--fills", "retail.sales")
    assert tomllib.loads(text)["layout"]["header"] == ["column 1", "column 2", "column 3", "column 4"]
    assert "#   column 2: A, B" in text


def test_of_several_sheets_the_one_with_known_columns_is_taken(root: Path) -> None:
    book = openpyxl.Workbook()
    notes, sheet = book.create_sheet("Notes"), book.create_sheet("Sales")
    notes.append(["What", "Who"])
    notes.append(["closed early", "Jo"])
    for row in (
        ["Date", "SKU", "Qty", "Store", "Total"],
        [datetime(2026, 11, 2), "A", 1, "S", 2.5],
        [datetime(2026, 11, 3), "B", 2, "S", 5],
    ):
        sheet.append(row)
    (root / "inbox" / "book.xlsx").write_bytes(saved(book))
    text = drafted("inbox/book.xlsx")
    assert tomllib.loads(text)["layout"] == {"sheet": "Sales"}
    assert "7.50" in check("mine")


def test_nothing_is_overwritten_and_what_cannot_be_drafted_is_one_line(root: Path) -> None:
    (root / "inbox" / "x.csv").write_text("a,b\n1,2\n")
    (root / "inbox" / "empty.csv").write_text("")
    drafted("inbox/x.csv")
    before = Path("feeds/mine.toml").read_bytes()
    for arguments, message in (
        (["inbox/x.csv", "--out", "feeds/mine.toml"], "feeds/mine.toml is there already"),
        (["inbox/x.csv", "--preset", "shopify"], "there is no preset 'shopify': did you mean 'shopify-orders'?"),
        (["inbox/x.csv", "--fills", "sales"], "--fills 'sales' is nothing that a feed fills"),
        (["inbox/x.csv", "--fills", "retail.sales", "--preset", "till-fr", "--out", "feeds/t.toml"], ""),
        (
            ["inbox/x.csv", "--fills", "orders.lines", "--preset", "till-fr"],
            "the preset till-fr fills retail.sales, not orders.lines",
        ),
        (["inbox"], "inbox is a folder: name one of its files"),
        (["inbox/none.csv"], "none.csv cannot be read: No such file or directory"),
        (["inbox/empty.csv"], "empty.csv is empty"),
    ):
        done = draft(*arguments)
        assert done.exit_code == (1 if message else 0), done.output
        assert message in done.output
    assert Path("feeds/mine.toml").read_bytes() == before


def test_words_for_columns_are_words_for_ours() -> None:
    for target, columns in COLUMNS.items():
        assert set(columns) <= set(TARGETS[target].by_name), target
        assert all(word for words in columns.values() for word in words), target
