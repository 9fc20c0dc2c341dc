"""A mart whose query has other columns or types than its contract is refused, and the earlier one stays."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import flow
from warehouse import dbt_runner

MART = "agg_orders_by_country"
COLUMNS = f"select column_name, data_type from information_schema.columns where table_name = '{MART}' order by ordinal_position"


def other_type(columns: dict[str, Any]) -> None:
    """The query's whole number is text in the contract."""
    columns["orders"].data_type = "string"


def unknown_column(columns: dict[str, Any]) -> None:
    """The contract has a column that the query has not."""
    columns["weather"] = copy.copy(columns["orders"])
    columns["weather"].name = "weather"


def missing_column(columns: dict[str, Any]) -> None:
    """The query has a column that the contract has not."""
    del columns["orders"]


@pytest.mark.parametrize(
    "change", [other_type, unknown_column, missing_column], ids=lambda change: str(change.__name__)
)
def test_a_mart_that_breaks_its_contract_is_refused_and_the_earlier_one_stays(
    change: Callable[[dict[str, Any]], None], warehouse: Path, empty_build: Path
) -> None:
    shutil.copy(empty_build, warehouse)
    earlier = flow.query(warehouse, COLUMNS)
    manifest = copy.deepcopy(flow.manifest())
    change(manifest.nodes[f"model.tally.{MART}"].columns)
    result = dbt_runner.dbt(
        "run", "--select", MART, "--target-path", str(warehouse.parent / "target"), manifest=manifest
    )
    assert not result.success
    (message,) = [each.message for each in result.result.results if each.node.name == MART]
    assert "contract" in message
    assert {"other_type": "orders", "unknown_column": "weather", "missing_column": "orders"}[change.__name__] in message
    assert flow.query(warehouse, COLUMNS) == earlier
