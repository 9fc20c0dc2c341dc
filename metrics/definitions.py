"""The metrics and semantic models of `models/semantic/`, as MetricFlow reads them: no dbt is run, nothing is compiled before."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from metricflow_semantics.model.dbt_manifest_parser import transform_dbt_generated_manifest

from metrics.errors import MetricsError
from warehouse.paths import PROJECT

FOLDER = PROJECT / "models" / "semantic"
CALENDAR = {"mart": "dim_dates", "column": "date_day"}
"""The mart and column that dbt knows as the time spine (`time_spine` in its properties)."""


@cache
def read_definitions(folder: Path = FOLDER) -> PydanticSemanticManifest:
    """The definitions, as dbt's semantic_manifest.json has them.

    Raises:
        MetricsError: a file cannot be read as definitions.
    """
    models: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.yml")):
        try:
            said = yaml.safe_load(file.read_text("utf-8"))
            models += [_with_relation(model) for model in said.get("semantic_models", [])]
            metrics += said.get("metrics", [])
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise MetricsError(f"{file.relative_to(folder.parent.parent)} cannot be read: {error}") from None
    spine = {
        "node_relation": _relation(CALENDAR["mart"]),
        "primary_column": {"name": CALENDAR["column"], "time_granularity": "day"},
    }
    content = {"semantic_models": models, "metrics": metrics, "project_configuration": {"time_spines": [spine]}}
    try:
        return transform_dbt_generated_manifest(PydanticSemanticManifest.parse_obj(content))
    except ValueError as error:  # pydantic's
        raise MetricsError(f"models/semantic cannot be read, `dbt parse` says more: {error}") from None


def _with_relation(model: dict[str, Any]) -> dict[str, Any]:
    """A semantic model with the table that its `ref('…')` is."""
    found = re.fullmatch(r"ref\('(\w+)'\)", model["model"])
    if found is None:
        raise KeyError(f"the model of {model['name']} is no ref('…')")
    return {name: value for name, value in model.items() if name != "model"} | {"node_relation": _relation(found[1])}


def _relation(mart: str) -> dict[str, str]:
    return {
        "alias": mart,
        "schema_name": "marts",
        "database": "warehouse",
        "relation_name": f'"warehouse"."marts"."{mart}"',
    }
