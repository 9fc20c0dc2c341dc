"""Feeds of files: a million lines of CSV and of Excel beside DuckDB's and pandas' own ways, and a folder of a thousand files."""

from __future__ import annotations

import os
import random
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.common import BIN, Log, Options, Ran, Report, megabytes, run

MOST_MEMORY = 500e6
MOST_TIMES_THE_FLOOR = 3.0
FILES, LINES_A_FILE, MOST_SECONDS = 1_000, 50, 2.0
HEADER = ("Date", "Ref", "Qty", "Shop", "Total")
FEED = """fills = "retail.sales"
from = "{place}"
timezone = "Europe/Paris"
[columns]
sold_at = {{ from = "Date"{form} }}
product_id = "Ref"
quantity = "Qty"
store_id = "Shop"
amount = "Total"
"""
FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[2])
connection.execute(f"create table sales as select * from read_csv('{sys.argv[1]}', delim=';', header=true, all_varchar=true)")
"""
TYPED_FLOOR = """
import sys, duckdb
connection = duckdb.connect(sys.argv[2])
connection.execute(f\"\"\"create table sales as select strptime("Date", '%d/%m/%Y %H:%M') as sold_at, Ref, cast(Qty as bigint) as quantity, Shop,
cast("Total" as decimal(18, 4)) as amount from read_csv('{sys.argv[1]}', delim=';', header=true, all_varchar=true)\"\"\")
"""
PANDAS = """
import sys, pandas, sqlalchemy
frame = pandas.read_csv(sys.argv[1], sep=";") if sys.argv[1].endswith("csv") else pandas.read_excel(sys.argv[1], engine="calamine")
frame.to_sql("sales", sqlalchemy.create_engine(f"sqlite:///{sys.argv[2]}"), index=False)
"""


def measure(options: Options, log: Log) -> Report:
    """`python -m ingestion till` as a process; the others as processes of their own, on the same files, in the same run."""
    lines = options.readings
    report = Report(f"Feeds: files of {lines:,} lines", f"python -m benchmarks feeds_files --readings {lines}")
    with TemporaryDirectory(prefix="tally-bench-") as name:
        folder = Path(name)
        rows = _rows(random.Random(42), lines)
        expected = sum(cents for *_, cents in rows)
        log("CSV")
        source = folder / "csv" / "sales.csv"
        _csv(source, rows)
        floors = [
            run([sys.executable, "-c", FLOOR, str(source), str(folder / f"floor-{n}.duckdb")])
            for n in range(options.rounds)
        ]
        typed = [
            run([sys.executable, "-c", TYPED_FLOOR, str(source), str(folder / f"typed-{n}.duckdb")])
            for n in range(options.rounds)
        ]
        ours = [
            _ours(folder / f"csv-{n}", source, ', form = "%d/%m/%Y %H:%M"', lines, expected)
            for n in range(options.rounds)
        ]
        _compare(
            report,
            "CSV",
            ours,
            [
                ("DuckDB's read_csv into a table of texts (the floor)", floors),
                ("DuckDB's read_csv into typed columns", typed),
            ],
        )
        _pandas(report, source, folder / "pandas-csv.sqlite", log)
        log("CSV again, with a thousand lines more")
        more = _rows(random.Random(43), 1_000)
        _csv(source, [*rows, *more])
        again = _run(folder / "csv-0", source, ', form = "%d/%m/%Y %H:%M"')
        _held(folder / "csv-0", lines + 1_000, expected + sum(cents for *_, cents in more))
        report.add(
            "the CSV file with 1,000 lines more: all read and compared, 1,000 loaded",
            _spent(again),
            f"< {megabytes(MOST_MEMORY)}",
            again.peak < MOST_MEMORY,
        )
        same = _run(folder / "csv-0", source, ', form = "%d/%m/%Y %H:%M"')
        report.add("the same file again", _spent(same))
        log("Excel")
        workbook = folder / "excel" / "sales.xlsx"
        _xlsx(workbook, rows)
        excel = _ours(folder / "excel-0", workbook, "", lines, expected)
        report.add("Excel: all new", _spent(excel), f"< {megabytes(MOST_MEMORY)}", excel.peak < MOST_MEMORY)
        _pandas(report, workbook, folder / "pandas-xlsx.sqlite", log)
        log(f"{FILES:,} files")
        _many_files(report, folder, options)
    report.notes.append(
        "Seconds are the whole process's, imports among them: reading, typing each cell, rejection, the difference from what is held, and dlt's load "
        "into the raw table. Amounts were added up and compared after each."
    )
    return report


def _rows(draw: random.Random, count: int) -> list[tuple[datetime, str, int, str, int]]:
    begin = datetime(2025, 1, 1, 8)
    return [
        (
            begin + timedelta(days=draw.randrange(600), minutes=draw.randrange(720)),
            f"P{draw.randrange(500)}", draw.choice((1, 1, 1, 2, 3, -1)), f"S{draw.randrange(20)}", draw.randrange(100, 99_999),
        )
        for _ in range(count)
    ]  # fmt: skip


def _csv(path: Path, rows: list[tuple[datetime, str, int, str, int]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(";".join(HEADER) + "\n")
        file.writelines(
            f"{at:%d/%m/%Y %H:%M};{product};{quantity};{shop};{cents // 100}.{cents % 100:02}\n"
            for at, product, quantity, shop, cents in rows
        )


def _xlsx(path: Path, rows: list[tuple[datetime, str, int, str, int]]) -> None:
    """A workbook of one sheet, written by hand: a library takes minutes for so many rows."""
    path.parent.mkdir(exist_ok=True)
    epoch = datetime(1899, 12, 30)
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{head}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'{head}<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{head}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{relations}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'{head}<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        )
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{head}<worksheet xmlns="{main}"><sheetData><row>'.encode())
            sheet.write(
                "".join(f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in HEADER).encode() + b"</row>"
            )
            for at, product, quantity, shop, cents in rows:
                serial = (at - epoch) / timedelta(days=1)
                sheet.write(
                    f'<row><c s="1"><v>{serial:.10f}</v></c><c t="inlineStr"><is><t>{product}</t></is></c><c><v>{quantity}</v></c>'
                    f'<c t="inlineStr"><is><t>{shop}</t></is></c><c><v>{cents / 100}</v></c></row>'.encode()
                )
            sheet.write(b"</sheetData></worksheet>")


def _ours(home: Path, source: Path, form: str, lines: int, expected: int) -> Ran:
    ran = _run(home, source, form)
    _held(home, lines, expected)
    return ran


def _run(home: Path, source: Path, form: str) -> Ran:
    feeds = home / "feeds"
    feeds.mkdir(parents=True, exist_ok=True)
    (feeds / "till.toml").write_text(FEED.format(place=source, form=form), encoding="utf-8")
    environment = {"TALLY_FEEDS": str(feeds), "TALLY_WAREHOUSE": str(home / "warehouse.duckdb")}
    return run([sys.executable, "-m", "ingestion", "till"], environment)


def _held(home: Path, lines: int, cents: int) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select count(*), cast(sum(amount) * 100 as bigint) from raw_retail.sales"
        ).fetchall()
    if found != [(lines, cents)]:
        raise RuntimeError(f"the warehouse holds {found}, not {lines:,} lines of {cents:,} cents")


def _compare(report: Report, what: str, ours: list[Ran], others: list[tuple[str, list[Ran]]]) -> None:
    mine = min(ours, key=lambda ran: ran.processor)
    report.add(f"{what}: all new", _spent(mine), f"< {megabytes(MOST_MEMORY)}", mine.peak < MOST_MEMORY)
    for number, (name, runs) in enumerate(others):
        best = min(runs, key=lambda ran: ran.processor)
        times = mine.processor / best.processor
        is_floor = number == 0
        report.add(
            f"{what}: {name}", f"{_spent(best)}: ours takes {times:.1f} times the processor's seconds",
            f"≤ {MOST_TIMES_THE_FLOOR:.0f} times" if is_floor else "", times <= MOST_TIMES_THE_FLOOR if is_floor else None,
        )  # fmt: skip


def _pandas(report: Report, source: Path, database: Path, log: Log) -> None:
    """pandas in an environment of its own: where it is installed, Arrow imports it, and every process would pay for it."""
    log("pandas")
    packages = [part for name in ("pandas", "sqlalchemy", "python-calamine") for part in ("--with", name)]
    python = [str(BIN / "uv"), "run", "--quiet", "--no-project", "--isolated", *packages, "python"]
    run([*python, "-c", "import pandas"])
    ran = run([*python, "-c", PANDAS, str(source), str(database)])
    report.add(f"{source.suffix[1:]}: pandas and to_sql into SQLite, nothing compared or rejected", _spent(ran))


def _spent(ran: Ran) -> str:
    return f"{ran.seconds:.1f} s, {ran.processor:.1f} s of it on a processor, peak memory {megabytes(ran.peak)}"


def _many_files(report: Report, folder: Path, options: Options) -> None:
    inbox, home = folder / "inbox", folder / "many"
    inbox.mkdir()
    draw = random.Random(7)
    for number in range(FILES):
        _csv(inbox / f"till-{number:04}.csv", _rows(draw, LINES_A_FILE))
    pattern, form = inbox / "*.csv", ', form = "%d/%m/%Y %H:%M"'
    _run(home, pattern, form)
    times = []
    for number in range(options.rounds):
        _csv(inbox / f"new-{number}.csv", _rows(draw, LINES_A_FILE))
        past = (datetime.now() - timedelta(minutes=1)).timestamp()
        os.utime(inbox / f"new-{number}.csv", (past, past))
        times.append(_run(home, pattern, form))
    best = min(times, key=lambda ran: ran.seconds)
    report.add(
        f"a folder of {FILES:,} files of which one is new",
        _spent(best),
        f"< {MOST_SECONDS:.0f} s",
        best.seconds < MOST_SECONDS,
    )
