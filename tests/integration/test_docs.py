"""The documentation against the project it describes: descriptions, exposures, and files made from others."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from reports.tables import TABLES
from tools import generated
from tools.project import Manifest, read_manifest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = PROJECT / "reports" / "pages"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest()


def models(manifest: Manifest) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_macro_is_described_with_its_arguments(manifest: Manifest) -> None:
    """In its folder's `_macros.yml`; an engine's own version of a macro is described with the macro."""
    wrong = []
    documented = {path.parent.relative_to(PROJECT).as_posix() for path in PROJECT.glob("macros/*/_macros.yml")}
    assert {"macros/footfall", "macros/orders", "macros/operations", "macros/cross_database"} <= documented
    for macro in manifest["macros"].values():
        path, name = macro["original_file_path"], macro["name"]
        if macro["package_name"] != "tally" or path.rpartition("/")[0] not in documented or "__" in name:
            continue
        signature = re.search(rf"macro {name}\(([^)]*)\)", macro["macro_sql"])
        if signature is None:  # a materialization
            continue
        arguments = [each.partition("=")[0].strip() for each in signature[1].split(",") if each.strip()]
        described = [argument["name"] for argument in macro["arguments"] if argument["description"]]
        if not macro["description"] or described != arguments:
            wrong.append(f"{name} of {path}")
    assert wrong == []


def test_a_column_that_several_models_have_is_described_by_shared_blocks(manifest: Manifest) -> None:
    """One wording a meaning: who means something else by the same name says so in a block of its own."""
    described = defaultdict(list)
    for model in models(manifest):
        for column in model["columns"].values():
            described[column["name"]].append((model["name"], column))
    loose = [
        f"{model}.{name}: {column['description']!r} is no doc block of models/docs, and {len(uses)} models have a {name}"
        for name, uses in sorted(described.items())
        if len(uses) > 1
        for model, column in uses
        if not column["doc_blocks"]
    ]
    assert loose == []


def test_every_column_of_every_mart_is_described(manifest: Manifest) -> None:
    bare = [
        f"{model['name']}.{column['name']}"
        for model in models(manifest)
        if model["fqn"][1] == "marts"
        for column in model["columns"].values()
        if not column["description"].strip()
    ]
    assert bare == []


def test_every_mart_begins_with_its_grain(manifest: Manifest) -> None:
    marts = [model for model in models(manifest) if model["fqn"][1] == "marts"]
    assert len(marts) >= 9
    assert [mart["name"] for mart in marts if not mart["description"].strip().startswith("Grain: one row")] == []


def test_no_doc_block_is_left_over(manifest: Manifest) -> None:
    used = {
        block
        for node in [*manifest["nodes"].values(), *manifest["sources"].values()]
        for described in [node, *node.get("columns", {}).values()]
        for block in described.get("doc_blocks") or []
    }
    own = {name for name, block in manifest["docs"].items() if block["package_name"] == "tally"}
    assert own - used - {"doc.tally.__overview__"} == set()


def test_the_overview_names_every_domain_and_every_prefix(manifest: Manifest) -> None:
    overview = manifest["docs"]["doc.tally.__overview__"]["block_contents"]
    domains = {model["fqn"][2] for model in models(manifest) if model["fqn"][1] == "marts"}
    prefixes = {model["name"].split("_")[0] + "_" for model in models(manifest)}
    assert [name for name in sorted(domains) if f"`marts/{name}`" not in overview] == []
    assert [prefix for prefix in sorted(prefixes) if f"`{prefix}" not in overview] == []


def test_what_the_overview_names_is_there(manifest: Manifest) -> None:
    overview = manifest["docs"]["doc.tally.__overview__"]["block_contents"]
    columns = {name for model in models(manifest) for name in model["columns"]}
    known = {model["name"] for model in models(manifest)} | columns | {"models/docs", "seeds"}
    named = {word for word in re.findall(r"`([a-z][a-z0-9_]+)`", overview) if not word.endswith("_")}
    assert named - known == set()


@pytest.mark.parametrize("name", sorted(generated.FILES))
def test_a_file_that_is_made_from_others_is_not_stale(name: str) -> None:
    held = (PROJECT / name).read_bytes().decode("utf-8")
    assert held == generated.FILES[name](), f"{name} is stale: run `python -m tools generate`"


def test_the_diagram_draws_every_relation_that_is_tested_between_marts(manifest: Manifest) -> None:
    """Counted in the properties files' own tests, not with the code that draws."""
    page = (PROJECT / "docs/marts.md").read_text("utf-8")
    marts = {model["unique_id"]: model["name"] for model in models(manifest) if model["fqn"][1] == "marts"}
    tested = set()
    for test in manifest["nodes"].values():
        name = (test.get("test_metadata") or {}).get("name")
        if name in ("relationships", "relationships_in_rebuilt_days") and test["attached_node"] in marts:
            parent = re.sub(r".*ref\('(\w+)'\).*", r"\1", test["test_metadata"]["kwargs"]["to"])
            if parent in marts.values():
                tested.add((parent, marts[test["attached_node"]], test["column_name"]))
    drawn = set(re.findall(r"^    (\w+) \S\S(?:--|\.\.)\S\S (\w+) : (\w+)$", page, re.MULTILINE))
    assert tested
    assert drawn == tested
    assert {name for name in marts.values() if f"| `{name}` |" not in page} == set()


# Exposures.


def queries_of(page: Path) -> dict[str, str]:
    """Every query that a page may run, by name: its own fences, and the files that its front matter names."""
    text = page.read_text("utf-8")
    found = dict(re.findall(r"^```sql (\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    for line in (front[1] if front else "").splitlines():
        if named := re.match(r"\s*- (?:(\w+): )?([\w/]+\.sql)\s*$", line):
            file = PROJECT / "reports" / "queries" / named[2]
            found[named[1] or file.stem] = file.read_text("utf-8")
        elif inline := re.match(r'breadcrumb: "(.*)"$', line):
            found["breadcrumb"] = inline[1]
    return found


def tables_of(page: Path) -> set[str]:
    """The published marts that a page reads."""
    queries = queries_of(page)
    tables: set[str] = set()
    for sql in queries.values():
        # ${name} is another query of the page, ${inputs.…} and ${params.…} are values.
        plain = re.sub(r"\$\{(\w+)[^}]*\}", r"\1", sql)
        for statement in sqlglot.parse(plain, read="duckdb"):
            if statement is None:
                continue
            steps = {step.alias for step in statement.find_all(exp.CTE)}
            tables |= {table.name for table in statement.find_all(exp.Table)} - steps
    # `publication` is the state of the publishing, no mart.
    return tables - set(queries) - {"publication"}


def all_pages() -> list[str]:
    return sorted(str(page.relative_to(PAGES)) for page in PAGES.rglob("*.md"))


def test_every_page_has_an_exposure_and_every_exposure_a_page(manifest: Manifest) -> None:
    exposed = [exposure["config"]["meta"].get("page") for exposure in manifest["exposures"].values()]
    assert sorted(exposed) == all_pages()


@pytest.mark.parametrize("page", all_pages())
def test_an_exposure_depends_on_the_tables_that_its_page_reads(manifest: Manifest, page: str) -> None:
    (exposure,) = [each for each in manifest["exposures"].values() if each["config"]["meta"].get("page") == page]
    depends_on = {name.rpartition(".")[2] for name in exposure["depends_on"]["nodes"]}
    read = tables_of(PAGES / page)
    assert read, f"{page} reads nothing"
    assert depends_on == read
    assert exposure["description"].strip()


def test_no_component_asks_for_data_by_itself() -> None:
    """The test above reads pages only, so components must get their rows from them."""
    asking = [
        file.name
        for file in (PROJECT / "reports" / "components").glob("*.svelte")
        if re.search(r"(?i)\bselect\b[^<>;]*\bfrom\b\s+\w|buildQuery|__db\.query", file.read_text("utf-8"))
    ]
    assert asking == []


def test_every_table_of_the_site_is_a_mart_with_those_columns(manifest: Manifest) -> None:
    columns = {model["name"]: set(model["columns"]) for model in models(manifest) if model["fqn"][1] == "marts"}
    assert {table.name: set(table.columns) - columns.get(table.name, set()) for table in TABLES} == {
        table.name: set() for table in TABLES
    }
