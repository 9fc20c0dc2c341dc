"""The seeds that an owner edits: what each file says wrong is named by file, line and reason, and the rest is read as written.

Every case is a file as an owner or a spreadsheet leaves it, given to `python -m warehouse.seeds` and to dbt.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from tests import flow
from tests.flow import PROJECT
from tests.provider import Provider
from warehouse.seeds import app

CLOSURES = "store_id,closed_from,closed_until,reason\n"
RULES = "rule_id,kind,applies_to,threshold,severity\n"

SAVE_AS = 'save it as "CSV UTF-8 (comma delimited)"'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project whose seeds can be edited."""
    root = tmp_path / "project"
    root.mkdir()
    for name in ("dbt_project.yml", "models", "macros", "tests"):
        (root / name).symlink_to(PROJECT / name)
    shutil.copytree(PROJECT / "seeds", root / "seeds")
    return root


@pytest.fixture
def dbt(project: Path, warehouse: Path, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """`dbt …` as an owner runs it, on the copy: its exit code and what it prints."""

    flow.put_parsed(tmp_path / "target")

    def run(*arguments: str) -> tuple[int, str]:
        places = {
            "--project-dir": project,
            "--profiles-dir": PROJECT,
            "--target-path": tmp_path / "target",
            "--log-path": tmp_path / "logs",
        }
        options = [str(each) for place in places.items() for each in place]
        done = flow.run(
            str(Path(sys.executable).parent / "dbt"), *arguments, *options, "--no-use-colors", "--no-write-json"
        )
        return done.returncode, done.stdout + done.stderr

    return run


def lint(project: Path) -> tuple[int, list[str]]:
    """The command of `make lint`, in this process: its exit code, and the lines that it prints."""
    done = CliRunner().invoke(app, ["--project", str(project)])
    return done.exit_code, done.output.splitlines()


def write(project: Path, name: str, content: str | bytes) -> None:
    (project / "seeds" / name).write_bytes(content.encode() if isinstance(content, str) else content)


def test_the_seeds_that_are_shipped_have_no_fault(warehouse: Path) -> None:
    done = flow.run(sys.executable, "-m", "warehouse.seeds")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


FAULTS: dict[str, tuple[str, str | bytes, list[str]]] = {
    "an end before its beginning": (
        "closures.csv",
        CLOSURES + "paris,2026-06-05,2026-06-01,Works\n",
        ["2: closed_from 2026-06-05 is after closed_until 2026-06-01: an end cannot come before its beginning"],
    ),
    "a date that can be read two ways": (
        "closures.csv",
        CLOSURES + "paris,05/06/2026,2026-06-30,Works\n",
        [
            "2: closed_from 05/06/2026 can be read two ways: write 2026-06-05 for 5 June 2026 or 2026-05-06 for 6 May 2026"
        ],
    ),
    "a date in another spelling": (
        "closures.csv",
        CLOSURES + "paris,25/06/2026,2026-6-30,Works\nlyon,6.6.26,2026-06-31,Works\nnice,46178,2026-06-05 00:00:00,\n",
        [
            "2: closed_from 25/06/2026 is not written as year-month-day: write 2026-06-25",
            "2: closed_until 2026-6-30 is not written as year-month-day: write 2026-06-30",
            "3: closed_from 6.6.26 is not written as year-month-day: write 2026-06-06",
            "3: closed_until 2026-06-31 is no day of the calendar",
            "4: closed_from 46178 is no date: write it as year-month-day, such as 2026-06-05",
            "4: closed_until 2026-06-05 00:00:00 is not written as year-month-day: write 2026-06-05",
        ],
    ),
    "a row with a field missing": (
        "closures.csv",
        CLOSURES + "paris,2026-06-05\n\nlyon,,2026-06-06,Works\n",
        [
            "2: the line has 2 of 4 values: closed_until, reason missing (nothing between two commas is an empty value)",
            "4: closed_from is empty, and is needed",
        ],
    ),
    "a row with a field too many": (
        "closures.csv",
        CLOSURES + "paris,2026-06-05,2026-06-06,Works, first floor\n",
        ['2: the line has 5 values for 4 columns: put a value that holds a comma between quotation marks ("a, b")'],
    ),
    "a rule without its threshold or severity": (
        "alert_rules.csv",
        RULES
        + "door_low,sensor_below,,,warning\nair,air_limit_passed,co,,critical\nday,coverage_below,,80,\nx,feed_old,,soon,warning\n",
        [
            "2: threshold is empty, which it may be only where kind is air_limit_passed or feed_old or source_stale",
            "4: severity is empty, and is needed",
            "5: threshold soon is no number: write digits, and a point before decimals, such as 12.5",
        ],
    ),
    "the same key twice": (
        "regions.csv",
        "city,region\nLyon,Rhône\nParis,Île-de-France\nLYON,Rhône\n",
        ["4: city LYON is on line 2 already: keep one of the two"],
    ),
    "a key of two columns twice": (
        "holidays.csv",
        "country_code,holiday_date,holiday_name,is_closed\nFR,2026-05-01,Labour Day,true\nFR,2026-05-01,May Day,TRUE\n"
        "fr,2026-05-08,Victory Day,yes\n",
        [
            "3: country_code FR, holiday_date 2026-05-01 is on line 2 already: keep one of the two",
            "4: country_code fr is not written as it must be, which is like FR",
            "4: is_closed yes is neither true nor false: write one of the two",
        ],
    ),
    "numbers out of bounds or in another spelling": (
        "air_quality_limits.csv",
        "parameter,averaging_hours,limit_value,lowest,highest,unit,source\n"
        'co,24.5,"4,5",,,mg/m³,WHO\nco,0,-1,,,mg/m³,WHO\npm2_5,99999999999,15,,,µg/m³,WHO\n',
        [
            "2: averaging_hours 24.5 is no whole number: write digits alone, such as 24",
            "2: limit_value 4,5 is no number: write digits, and a point before decimals, such as 12.5",
            "3: averaging_hours 0 is below 1, the least it can be",
            "3: limit_value -1 is below 0, the least it can be",
            "4: averaging_hours 99999999999 is no whole number: write digits alone, such as 24",
        ],
    ),
    "spaces around a name": (
        "store_mapping.csv",
        "store_id,retail_store_id\nparis ,1\n\u00a0lyon,2\n",
        [
            "2: store_id 'paris ' has a space before or after it: write paris",
            "3: store_id '\\xa0lyon' has a space before or after it: write lyon",
        ],
    ),
    "semicolons": (
        "closures.csv",
        CLOSURES.replace(",", ";") + "paris;2026-06-05;2026-06-06;Works\n",
        [f"1: the columns are separated by semicolons: {SAVE_AS}, with commas between the columns"],
    ),
    "Windows-1252": (
        "closures.csv",
        (CLOSURES + "paris,2026-06-05,2026-06-06,Works\nlyon,2026-06-05,2026-06-06,Réouverture\n").encode("cp1252"),
        [f"3: the file is not written in UTF-8 (this line has 'Réouverture' in Windows-1252): {SAVE_AS}"],
    ),
    "UTF-16": ("closures.csv", CLOSURES.encode("utf-16"), [f"1: the file is written in UTF-16: {SAVE_AS}"]),
    "lines of separators and a column without a name": (
        "closures.csv",
        CLOSURES.replace("\n", ",\n") + "paris,2026-06-05,2026-06-06,Works,\n",
        ["1: column 5 has no name: delete it, with the comma before it on every line"],
    ),
    "a line of nothing but separators": (
        "closures.csv",
        CLOSURES + "paris,2026-06-05,2026-06-06,Works\n,,,\n",
        ["3: the line holds nothing but separators: delete it"],
    ),
    "a quotation mark that none closes": (
        "closures.csv",
        CLOSURES
        + 'paris,2026-06-05,2026-06-06,Works\nlyon,2026-06-05,2026-06-06,"Works\nnice,2026-06-05,2026-06-06,Works\n',
        ["3: a quotation mark opens a value here and none closes it"],
    ),
    "a quotation mark within quotation marks": (
        "closures.csv",
        CLOSURES + 'paris,2026-06-05,2026-06-06,"the "big" one"\n',
        ['2: text follows a closing quotation mark: within a quoted value, write each quotation mark twice ("")'],
    ),
    "a space before a quotation mark": (
        "closures.csv",
        CLOSURES + 'paris,2026-06-05,2026-06-06, "Works"\n',
        ["2: a space stands before a quotation mark: delete it"],
    ),
    "lines that end in two ways": (
        "closures.csv",
        CLOSURES + "paris,2026-06-05,2026-06-06,Works\rlyon,2026-06-05,2026-06-06,Works\n",
        [f"2: the line ends otherwise than others do (a carriage return alone): {SAVE_AS}"],
    ),
    "a column missing, misspelt, or there twice": (
        "closures.csv",
        "Store_ID,closed_from,reason,reason\nparis,2026-06-05,Works,Works\n",
        [
            "1: column 'Store_ID' must be written 'store_id'",
            "1: column reason is there twice: delete one of them",
            "1: column closed_until is missing (store_id,closed_from,closed_until,reason)",
        ],
    ),
    "an empty file": (
        "closures.csv",
        "",
        ["1: the file is empty: its first line names the columns (store_id,closed_from,closed_until,reason)"],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_lint_names_a_fault_by_file_line_and_reason(case: str, project: Path, warehouse: Path) -> None:
    name, content, expected = FAULTS[case]
    write(project, name, content)
    assert lint(project) == (1, [f"seeds/{name}:{line}" for line in expected])


def test_more_than_twenty_faults_are_counted(project: Path, warehouse: Path) -> None:
    write(project, "closures.csv", CLOSURES + "paris,soon,2026-06-06,\n" * 23)
    code, lines = lint(project)
    assert code == 1
    assert [line.split(": ")[0] for line in lines[:-1]] == [f"seeds/closures.csv:{line}" for line in range(2, 22)]
    assert lines[-1] == "and 3 more"


def test_dbt_stops_before_anything_is_built_and_lists_every_fault(
    project: Path, warehouse: Path, dbt: Callable[..., tuple[int, str]]
) -> None:
    expected = []
    for case in ("a date that can be read two ways", "a rule without its threshold or severity", "the same key twice"):
        name, content, lines = FAULTS[case]
        write(project, name, content)
        expected += [f"seeds/{name}:{line}" for line in lines]
    for command in (["build"], ["run", "--select", "dim_stores"]):
        code, printed = dbt(*command)
        assert code != 0
        listed = [line.strip() for line in printed.splitlines() if line.strip().startswith("seeds/")]
        assert listed == sorted(expected), command
        assert not warehouse.exists()


# Each line as a spreadsheet or an editor may write it, and what it says.
READ_AS_WRITTEN: dict[str, tuple[bytes, list[tuple[str, date, date, str | None]]]] = {
    "a byte-order mark, Windows line ends, blank lines, no last line end": (
        b"\xef\xbb\xbfstore_id,closed_from,closed_until,reason\r\n\r\nparis,2026-06-05,2026-06-06,Works\r\n\r\n"
        b'lyon,2026-06-07,2026-06-07,"Works,\r\nfirst floor"\r\n\r\n\r\nnice,2026-06-08,2026-06-09,"a ""big"" one"',
        [
            ("paris", date(2026, 6, 5), date(2026, 6, 6), "Works"),
            ("lyon", date(2026, 6, 7), date(2026, 6, 7), "Works,\r\nfirst floor"),
            ("nice", date(2026, 6, 8), date(2026, 6, 9), 'a "big" one'),
        ],
    ),
    "both kinds of line ends, columns in another order, one more column": (
        b"reason,closed_until,closed_from,store_id,note\n'Works',2026-06-06,2026-06-05,#paris,x\r\n"
        b'"\'Works\'",2026-06-07,2026-06-07,lyon,\nnull,2026-06-09,2026-06-08,NA,y\r\n"",2026-06-09,2026-06-09,nice,z\n',
        [
            ("#paris", date(2026, 6, 5), date(2026, 6, 6), "'Works'"),
            ("lyon", date(2026, 6, 7), date(2026, 6, 7), "'Works'"),
            ("NA", date(2026, 6, 8), date(2026, 6, 9), "null"),
            ("nice", date(2026, 6, 9), date(2026, 6, 9), None),
        ],
    ),
    "carriage returns alone": (
        b'store_id,closed_from,closed_until,reason\rparis,2026-06-05,2026-06-06,the "big" one \r',
        [("paris", date(2026, 6, 5), date(2026, 6, 6), 'the "big" one ')],
    ),
    "no row": (b"store_id,closed_from,closed_until,reason", []),
}


def test_dbt_reads_a_file_for_what_it_says_whatever_columns_it_had_before(
    project: Path, warehouse: Path, dbt: Callable[..., tuple[int, str]]
) -> None:
    for case, (content, expected) in READ_AS_WRITTEN.items():
        write(project, "closures.csv", content)
        assert lint(project) == (0, []), case
        code, printed = dbt("seed", "--select", "closures")
        assert code == 0, printed
        rows = flow.query(warehouse, "select store_id, closed_from, closed_until, reason from reference.closures")
        assert rows == expected, case


UNKNOWN = {
    "closures.csv": CLOSURES + "paris,2026-06-05,2026-06-06,Works\npari,2026-06-05,2026-06-06,Works\n",
    "holiday_openings.csv": "store_id,holiday_date\nlyon,2026-05-01\n",
    "alert_rules.csv": RULES
    + "a,sensor_bellow,,20,warning\nb,sensor_below,paris-1,20,warning\nc,sensor_below,paris-9,20,warning\nd,feed_old,orders,20,critical\n",
    "store_mapping.csv": "store_id,retail_store_id\nrome,77\nmilan,78\n",
}

UNKNOWN_KIND = "seeds/alert_rules.csv:2: kind sensor_bellow is unknown: is sensor_below meant?"


def test_what_nobody_has_delivered_is_a_warning_with_file_and_line(
    project: Path, warehouse: Path, provider: Provider, dbt: Callable[..., tuple[int, str]]
) -> None:
    for name, content in UNKNOWN.items():
        write(project, name, content)

    # Seeds come before the data: nothing is known of stores yet, while the kinds of alerts are the project's own.
    assert lint(project) == (0, [f"{UNKNOWN_KIND} (warning)"])
    code, printed = dbt("seed")
    assert code == 0, printed
    assert [line for line in printed.splitlines() if "seeds/" in line and ".csv:" in line] == [
        line for line in printed.splitlines() if line.endswith(UNKNOWN_KIND)
    ]
    assert UNKNOWN_KIND in printed

    provider.put_store("paris")
    provider.put_sensor("paris-1", "paris")
    flow.ingest("footfall", SOURCES__FOOTFALL__BASE_URL=provider.base_url)
    expected = [
        UNKNOWN_KIND,
        "seeds/alert_rules.csv:4: applies_to paris-9 is no sensor or store or station or source or test that was loaded: is paris-1 meant?",
        "seeds/closures.csv:3: store_id pari is no store that was loaded: is paris meant?",
        "seeds/holiday_openings.csv:2: store_id lyon is no store that was loaded",
        # As with the shipped file in the warehouse of somebody else: one line for all of them.
        "seeds/store_mapping.csv:2: none of its 2 store_id is a store that was loaded: write your own, or delete its lines",
    ]
    code, lines = lint(project)
    assert (code, lines) == (0, [f"{line} (warning)" for line in expected])
    code, printed = dbt("seed")
    assert code == 0, printed
    for line in expected:
        assert printed.count(line) == 1, printed
    # No store of the retail files was loaded, so that none is unknown.
    assert "retail_store_id" not in printed


def test_every_column_of_every_seed_is_declared_with_type_description_and_an_example_that_holds(
    project: Path, warehouse: Path
) -> None:
    declared = yaml.safe_load((PROJECT / "seeds" / "_seeds.yml").read_text("utf-8"))["seeds"]
    assert {f"{seed['name']}.csv" for seed in declared} == {path.name for path in (PROJECT / "seeds").glob("*.csv")}
    page = (PROJECT / "docs" / "seeds.md").read_text("utf-8")
    for seed in declared:
        with (PROJECT / "seeds" / f"{seed['name']}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        columns = {column["name"]: column for column in seed["columns"]}
        assert list(columns) == header == list(seed["config"]["column_types"])
        assert all(column["description"].strip() for column in columns.values())
        assert f"## `{seed['name']}.csv`" in page
        # A file of nothing but the examples.
        with (project / "seeds" / f"{seed['name']}.csv").open("w", encoding="utf-8", newline="") as file:
            rows = [header, [columns[name]["config"]["meta"]["example"] for name in header]]
            csv.writer(file).writerows(rows)
    assert lint(project) == (0, [])


# Holidays.


@pytest.fixture
def tools_seed(project: Path) -> Iterator[Path]:
    """The holidays seed of a copy that has the tools too."""
    for name in ("tools", "warehouse"):
        shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    yield project / "seeds" / "holidays.csv"


def make_holidays(seed: Path, *countries: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tools.holidays", *countries],
        cwd=seed.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def days(seed: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    with seed.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["country_code"]][row["holiday_date"]] = row["is_closed"]
    return found


def test_the_seed_has_every_year_of_the_five_countries_and_shops_close_on_all_of_them() -> None:
    found = days(PROJECT / "seeds" / "holidays.csv")
    assert sorted(found) == ["DE", "ES", "FR", "GB", "IT"]
    for country, closed in found.items():
        assert set(closed.values()) == {"true"}
        for year in range(2014, 2036):
            # Known to any calendar. On a weekend the day after, or none, may be the holiday: Spain's regions choose.
            for month, day in ((1, 1), (12, 25)):
                if date(year, month, day).isoweekday() < 6:
                    assert date(year, month, day).isoformat() in closed, (country, year)
    assert {"2026-05-14", "2026-07-14", "2026-11-11"} <= set(found["FR"])
    assert "2026-12-08" in found["IT"]
    assert "2026-08-31" not in found["GB"]  # not in Scotland


def test_a_country_is_added_and_what_the_owner_set_stays(tools_seed: Path, warehouse: Path) -> None:
    before = tools_seed.read_text("utf-8")
    assert make_holidays(tools_seed) == (0, "holidays.csv: 0 holidays added, 0 removed, 1081 in all.\n")
    assert tools_seed.read_text("utf-8") == before

    edited = before.replace("FR,2026-05-25,Pentecost Monday,true", "FR,2026-05-25,Pentecost Monday,false")
    assert edited != before
    tools_seed.write_text(edited, encoding="utf-8", newline="")
    assert make_holidays(tools_seed, "au")[0] == 0
    found = days(tools_seed)
    assert sorted(found) == ["AU", "DE", "ES", "FR", "GB", "IT"]
    assert "2026-01-26" in found["AU"] and "2026-04-25" in found["AU"]
    assert {day for day, is_closed in found["FR"].items() if is_closed == "false"} == {"2026-05-25"}
    assert lint(tools_seed.parents[1]) == (0, [])


def test_a_country_that_the_library_does_not_know_is_named(tools_seed: Path) -> None:
    before = tools_seed.read_bytes()
    code, printed = make_holidays(tools_seed, "AU", "FX")
    assert (code, printed) == (
        1,
        "holidays: FX is no country that the library knows: give its two letters, such as AU.\n",
    )
    assert tools_seed.read_bytes() == before


def test_a_seed_takes_the_place_of_the_view_that_a_build_on_spark_has_left(
    dbt: Callable[..., tuple[int, str]], warehouse: Path
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema reference")
        connection.execute("create view reference.thresholds as select 'of Spark' as threshold_id")
    code, said = dbt("seed", "--select", "thresholds")
    assert code == 0, said
    with duckdb.connect(str(warehouse)) as connection:
        thresholds = connection.execute("select threshold_id from reference.thresholds order by all").fetchall()
    assert thresholds and ("of Spark",) not in thresholds
