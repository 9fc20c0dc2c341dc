"""Two warehouses made from the same raw rows, one by Spark and one by DuckDB: their marts held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from tests.place import Place
from tests.servers import missing
from tests.spark_servers import PYTHON

# They describe the runs themselves, of ingestion and of dbt, or the size of the file.
NOT_COMPARED = (
    "agg_attention",
    "agg_pipeline_state",
    "agg_source_freshness",
    "agg_table_rows",
    "fct_alerts",
    "fct_runs",
    "fct_test_results",
    "fct_warehouse_sizes",
)
COMPARE = """
connection.execute(f"attach '{sys.argv[2]}' as other (read_only)")
names = {
    database: {name for (name,) in connection.execute(
        "select table_name from information_schema.tables where table_catalog = ? and table_schema = 'marts'", [database]).fetchall()}
    for database in ("warehouse", "other")
}
assert names["warehouse"] == names["other"], names["warehouse"] ^ names["other"]
found = {}
for name in sorted(names["other"] - set(sys.argv[3:])):
    one, two = (f'select * from {database}.marts."{name}"' for database in ("warehouse", "other"))
    types = [connection.execute(f"describe {each}").fetchall() for each in (one, two)]
    assert [each[:2] for each in types[0]] == [each[:2] for each in types[1]], (name, types)
    found[name] = [
        connection.execute(f"select count(*) from ({query})").fetchone()[0]
        for query in (two, f"({one}) except all ({two})", f"({two}) except all ({one})")
    ]
print(json.dumps(found))
"""
"""Of each mart of a DuckDB file the rows, and how many of them the views on Spark's tables lack or have beside them: names and types of columns too."""


def place_in(folder: Path, name: str, settings: dict[str, str]) -> Place:
    """A warehouse of a name in a folder."""
    if not PYTHON.exists():
        missing("Spark is not installed: `make spark`")
    beside = {"DBT_TARGET_PATH": str(folder / f"target-{name}"), "DBT_LOG_PATH": str(folder / f"logs-{name}")}
    return Place(PYTHON, folder / f"{name}.duckdb", settings | beside)


def assert_equal(place: Place, other: Place) -> dict[str, list[int]]:
    """Compare every mart; of each the rows and the differences."""
    (answer,) = place.ask(COMPARE, other.path, *NOT_COMPARED)
    found = cast(dict[str, list[int]], answer)
    assert {name: rows for name, rows in found.items() if rows[1:] != [0, 0]} == {}
    return found
