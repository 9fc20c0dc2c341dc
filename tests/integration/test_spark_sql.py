"""The models in Spark's SQL: each compiles for it, and what dbt would send is Spark's. Whether Spark answers the same is for the tests marked `full`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
import yaml
from sqlfluff.core import FluffConfig, Linter

from forecasting import graph
from forecasting.visits import graph as visits_graph
from tests.flow import PROJECT

KNOWN_FUNCTIONS = """
    abs aggregate array array_join array_sort cast ceil coalesce collect_list concat concat_ws count current_catalog current_timestamp current_timezone date_add date_format date_trunc
    datediff dense_rank explode extract first_value floor from_json from_utc_timestamp greatest lag last_value lead least left length lower map max max_by md5
    median min mod named_struct nullif pmod rank regexp_replace right round row_number sequence sign size slice split_part sqrt struct substr substring sum
    timestamp_micros timestampadd timestampdiff to_json to_utc_timestamp transform unix_micros weekday
"""
"""What the SQL for Spark calls. Spark 3.5 has all of them, by these names and with DuckDB's meaning where the models call them outside of a macro: look a new
one up in Spark's list of functions before you add it."""

MEANT_FOR_DUCKDB = {
    r"\bat time zone\b": "a macro converts times (local_timestamp, utc_from_local)",
    r"::": "cast",
    r"\bextract\s*\(\s*'?(?!hour|minute|week\b|quarter|year\b|yearofweek)": "a macro takes other parts of a date (iso_weekday, iso_year)",
    r"[^'\\(\[, =]''": "Spark reads two quotes as the end of one text and the beginning of the next (sql_literal)",
}
"""What sqlfluff's grammar of Spark lets pass and Spark does not, or does not mean, and what to write instead."""


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The compiled SQL of each model and data test, and the statements that make incremental models, by a name for messages."""
    folder = tmp_path_factory.mktemp("spark")
    command = [sys.executable, "-m", "tests.spark_statements", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    compiled = folder / "compiled/tally"
    found = {
        path.relative_to(compiled).as_posix(): path.read_text("utf-8")
        for path in compiled.rglob("*.sql")
        if "hooks" not in path.parts
    }
    for statement in json.loads((folder / "statements.json").read_text("utf-8")):
        # Not the questions that dbt-spark asks; with a select of nothing it compares a model's columns with its contract.
        if not statement.startswith(("describe", "show", "select * from (")):
            found[" ".join(statement.split())[:100]] = statement
    return found


def test_a_view_is_ascii(statements: dict[str, str]) -> None:
    """Iceberg 1.10 sends a view's text to a REST catalog as Latin-1, which garbles the rest. On Spark staging alone is made of views."""
    views = {name: sql for name, sql in statements.items() if name.startswith("models/staging/")}
    assert len(views) > 10
    assert [name for name, sql in views.items() if not sql.isascii()] == []


def test_every_model_is_compiled(statements: dict[str, str]) -> None:
    models = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "models").rglob("*.sql")}
    assert models - statements.keys() == set()
    tests = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "tests/data").glob("*.sql")}
    assert tests - statements.keys() == set()


def test_all_of_it_is_sql_that_spark_reads(statements: dict[str, str]) -> None:
    """By sqlfluff's grammar of Spark, and by the names of the functions, which a grammar does not know. Spark commits one statement at a time, and takes no more."""
    linter = Linter(
        FluffConfig(
            overrides={
                "dialect": "sparksql",
                "templater": "raw",
                "large_file_skip_byte_limit": 0,
                "use_rust_parser": True,
            }
        )
    )
    wrong = []
    for name, statement in statements.items():
        parsed = linter.parse_string(statement)
        wrong += [f"{name}: {violation.desc()}" for violation in parsed.violations]
        assert parsed.tree is not None, name
        assert len(list(parsed.tree.recursive_crawl("statement", recurse_into=False))) == 1, name
        called = {each.raw.lower() for each in parsed.tree.recursive_crawl("function_name")}
        wrong += [
            f"{name}: {function} is none of KNOWN_FUNCTIONS" for function in called - set(KNOWN_FUNCTIONS.split())
        ]
        wrong += [
            f"{name}: {found[0]}: {instead}"
            for each, instead in MEANT_FOR_DUCKDB.items()
            if (found := re.search(each, statement))
        ]
    assert wrong == []


def test_python_models_are_read_as_the_tables_that_forecasting_makes() -> None:
    """Their columns stand in the source's properties, because on Spark no model says them."""
    names: dict[Any, str] = {
        pa.string(): "string", pa.int32(): "integer", pa.float64(): "double", pa.bool_(): "boolean",
        pa.date32(): "date", pa.timestamp("us"): "timestamp",
    }  # fmt: skip
    properties = yaml.safe_load((PROJECT / "models/intermediate/_intermediate__sources.yml").read_text("utf-8"))
    said = {
        table["name"]: [(column["name"], column["data_type"]) for column in table["columns"]]
        for table in properties["sources"][0]["tables"]
    }
    assert said == {
        "int_air_quality__forecasts": [(field.name, names[field.type]) for field in graph.FORECASTS],
        "int_forecasts__visits_forecasts": [(field.name, names[field.type]) for field in visits_graph.FORECASTS],
    }
