"""The documentation against the project it describes: descriptions, exposures, and files made from others."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from ingestion.sources import NAMES
from metrics.superset import content as superset
from publishing.publication import Publication
from publishing.site import OVERVIEW, SitePage, publish_site, read_pages
from tests import flow, preloaded
from tests.clone import clone
from tools import generated
from tools.project import Manifest, read_manifest

PROJECT = Path(__file__).resolve().parents[2]
REPORTS = PROJECT / "reports"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    flow.parse_once()
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
        if not re.match(r"\{%-? macro ", macro["macro_sql"]):  # a materialization, which nobody calls
            continue
        signature = re.search(rf"macro {name}\(([^)]*)\)", macro["macro_sql"])
        if signature is None:  # a materialization
            continue
        arguments = [each.partition("=")[0].strip() for each in signature[1].split(",") if each.strip()]
        described = [argument["name"] for argument in macro["arguments"] if argument["description"]]
        if not macro["description"] or described != arguments:
            wrong.append(f"{name} of {path}")
    assert wrong == []


def described_columns(manifest: Manifest) -> list[tuple[str, dict[str, Any]]]:
    """Every described column of every model, with a name for messages."""
    return [
        (f"{model['name']}.{column['name']}", column)
        for model in models(manifest)
        for column in model["columns"].values()
        if column["description"].strip()
    ]


def test_a_text_that_several_columns_share_is_a_block(manifest: Manifest) -> None:
    written = defaultdict(list)
    for name, column in described_columns(manifest):
        if not column["doc_blocks"]:
            written[" ".join(column["description"].split())].append(name)
    assert {text: names for text, names in written.items() if len(names) > 1} == {}


def test_a_block_is_shared_by_several_columns(manifest: Manifest) -> None:
    """A text of one column stands with that column, and a block that nobody uses is left over."""
    uses: Counter[str] = Counter()
    for node in [*manifest["nodes"].values(), *manifest["sources"].values()]:
        for described in [node, *node.get("columns", {}).values()]:
            uses.update(described.get("doc_blocks") or [])
    own = {name for name, block in manifest["docs"].items() if block["package_name"] == "tally"}
    assert {name: uses[name] for name in own - {"doc.tally.__overview__"} if uses[name] < 2} == {}


# Words that lean on another line of the list, or on the model, and so say nothing to someone who sees one line.
LEANS = re.compile(
    r"\b(ditto|them|they|those|of it|about it|as above|the others)\b|\bthe same (of|as|over|for)\b|"
    r"^(It|Its|They|Their|Those|These|This|Such|Same|The same)\b"
)
LEAST_WORDS = 4


def faults_of(description: str) -> list[str]:
    """What keeps a column's description from being read alone."""
    text = " ".join(description.split())
    faults = []
    if not re.match(r"[A-Z0-9]", text):
        faults.append("does not begin with a capital letter or a number")
    if not text.endswith("."):
        faults.append("does not end with a full stop")
    if len(text.split()) < LEAST_WORDS:
        faults.append("says no more than a column's name does")
    if found := LEANS.search(text):
        faults.append(f"leans on something else by {found[0]!r}")
    return faults


@pytest.mark.parametrize(
    "description",
    [
        "The open ones among them.",
        "City.",
        "those of them that failed",
        "The same of the same days 52 weeks before.",
        "Its rows, when this was computed.",
    ],
)
def test_a_description_that_leans_on_others_is_found(description: str) -> None:
    assert faults_of(description)


def test_every_description_of_a_column_can_be_read_alone(manifest: Manifest) -> None:
    wrong = {
        f"{name}: {column['description']}": faults
        for name, column in described_columns(manifest)
        if (faults := faults_of(column["description"]))
    }
    assert wrong == {}


def test_every_column_of_every_mart_is_described(manifest: Manifest) -> None:
    bare = [
        f"{model['name']}.{column['name']}"
        for model in models(manifest)
        if model["fqn"][1] == "marts"
        for column in model["columns"].values()
        if not column["description"].strip()
    ]
    assert bare == []


def test_every_model_begins_with_its_grain(manifest: Manifest) -> None:
    described = [model for model in models(manifest) if model["patch_path"]]
    assert len(described) >= 9
    assert [m["name"] for m in described if not m["description"].strip().startswith("Grain: one row")] == []


def test_every_model_of_a_source_has_the_tag_by_which_schedules_build_it(manifest: Manifest) -> None:
    """Without it `dbt build --select +tag:<source>` leaves the model out, and ends well."""
    tags = {(model["fqn"][2], model["name"]): model["tags"] for model in models(manifest) if model["fqn"][2] in NAMES}
    assert {source for source, _ in tags} == set(NAMES)
    assert [name for (source, name), has in tags.items() if source not in has] == []


def test_a_mart_says_what_it_is_for(manifest: Manifest) -> None:
    """After the grain, in a sentence of its own."""
    marts = [model for model in models(manifest) if model["fqn"][1] == "marts"]
    assert [mart["name"] for mart in marts if not re.search(r"\.\s+[A-Z][^.]*\w", mart["description"].strip())] == []


MOST_LINES = 100


def test_no_model_is_longer_than_can_be_read_at_once() -> None:
    files = sorted((PROJECT / "models").rglob("*.sql"))
    assert len(files) >= 50
    lines = {file.name: len(file.read_text("utf-8").splitlines()) for file in files}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


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


def test_generate_mends_a_list_of_sources_by_which_the_project_does_not_parse(tmp_path: Path) -> None:
    """As after a source was taken out: dbt still looks for what that one had, and the file that says so is made from others."""
    project = clone(tmp_path / "project")
    raw_tables = project / "macros/operations/raw_tables.sql"
    committed = raw_tables.read_text("utf-8")
    raw_tables.write_text(committed.replace("return(['footfall'", "return(['gone', 'footfall'"), "utf-8")
    assert raw_tables.read_text("utf-8") != committed

    def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "tools", "generate", *arguments)
        return preloaded.run(command, project, os.environ | {"DBT_TARGET_PATH": "target"}, timeout=300)

    checked = generate("--check")
    assert checked.returncode == 1
    assert "macros/operations/raw_tables.sql is stale: run `python -m tools generate`" in checked.stderr
    mended = generate()
    assert (mended.returncode, mended.stdout) == (0, "macros/operations/raw_tables.sql written\n"), mended.stderr
    assert raw_tables.read_text("utf-8") == committed


def relations(manifest: Manifest) -> set[tuple[str, str, str, str]]:
    """Each mart and column that is tested to be found in another mart, and where."""
    marts = {model["unique_id"]: model["name"] for model in models(manifest) if model["fqn"][1] == "marts"}
    found = set()
    for test in manifest["nodes"].values():
        metadata = test.get("test_metadata") or {}
        if metadata.get("name") == "rules" and test["attached_node"] in marts:
            for column, other in metadata["kwargs"].get("relationships", {}).items():
                parent = re.sub(r".*ref\('(\w+)'\).*", r"\1", other["to"])
                if parent in marts.values():
                    found.add((marts[test["attached_node"]], column, parent, other["field"]))
    return found


def test_the_diagram_draws_every_relation_that_is_tested_between_marts(manifest: Manifest) -> None:
    """Counted in the properties files' own tests, not with the code that draws."""
    page = (PROJECT / "docs/marts.md").read_text("utf-8")
    marts = {model["name"] for model in models(manifest) if model["fqn"][1] == "marts"}
    tested = {(parent, child, column) for child, column, parent, _ in relations(manifest)}
    drawn = set(re.findall(r"^    (\w+) \S\S(?:--|\.\.)\S\S (\w+) : (\w+)$", page, re.MULTILINE))
    assert tested
    assert drawn == tested
    assert {name for name in marts if f"| `{name}` |" not in page} == set()


# Descriptions beside the data.


@pytest.fixture(scope="module")
def built(empty_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with every model, empty as they are, and its published marts."""
    warehouse = flow.copied(empty_build, tmp_path_factory.mktemp("docs") / "built")
    published = flow.run(sys.executable, "-m", "publishing", TALLY_WAREHOUSE=str(warehouse))
    assert published.returncode == 0, published.stderr
    return warehouse


def described_marts(manifest: Manifest) -> dict[str, tuple[str, dict[str, str]]]:
    """Each mart's description, and those of its columns, in one line each."""
    return {
        model["name"]: (
            " ".join(model["description"].split()),
            {column["name"]: " ".join(column["description"].split()) for column in model["columns"].values()},
        )
        for model in models(manifest)
        if model["fqn"][1] == "marts"
    }


def test_the_warehouse_holds_every_description_as_a_comment(manifest: Manifest, built: Path) -> None:
    comments: dict[str, tuple[str, dict[str, str]]] = {
        mart: (" ".join((comment or "").split()), {})
        for mart, comment in flow.query(
            built,
            "select table_name, comment from duckdb_tables() where schema_name = 'marts' "
            "union all select view_name, comment from duckdb_views() where schema_name = 'marts'",
        )
    }
    for mart, column, comment in flow.query(
        built, "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    ):
        comments[mart][1][column] = " ".join((comment or "").split())
    assert comments == described_marts(manifest)


def test_columns_json_and_the_parquet_files_say_the_same(manifest: Manifest, built: Path) -> None:
    folder = built.with_suffix(".marts")
    said = json.loads((folder / "columns.json").read_text("utf-8"))
    expected = described_marts(manifest)
    assert {
        name: (mart["description"], {column["name"]: column["description"] for column in mart["columns"]})
        for name, mart in said.items()
    } == expected
    for name, mart in said.items():
        schema = pq.read_schema(folder / f"{name}.parquet")
        assert schema.metadata[b"description"].decode() == expected[name][0]
        assert json.loads(schema.metadata[b"columns"]) == mart["columns"]
        assert schema.names == [column["name"] for column in mart["columns"]]


def test_columns_json_says_grain_key_and_which_marts_join(manifest: Manifest, built: Path) -> None:
    folder = built.with_suffix(".marts")
    said = json.loads((folder / "columns.json").read_text("utf-8"))
    joins = {
        (name, column["name"], other["mart"], other["column"])
        for name, mart in said.items()
        for column in mart["columns"]
        if (other := column["refers_to"])
    }
    assert joins == relations(manifest)
    assert ("fct_sales", "product_id", "dim_products", "product_id") in joins
    keys = json.loads((folder / "publication.json").read_text("utf-8"))["keys"]
    assert {name: mart["key"] for name, mart in said.items() if mart["key"]} == keys
    assert said["fct_store_visits_daily"]["key"] == ["store_id", "visit_date"]
    assert said["fct_store_visits_daily"]["grain"] == "one row per store and day of its own calendar"
    assert {column["name"]: column["type"] for column in said["fct_sales"]["columns"]}["unit_price"] == "DECIMAL(18,4)"


# Exposures.


def tables_in(file: Path) -> set[str]:
    """The published marts that a SQL file of the site reads, through its views too; `publication` and `settings` are no marts."""
    tables: set[str] = set()
    for statement in sqlglot.parse(file.read_text("utf-8"), read="duckdb"):
        assert statement is not None
        steps = {step.alias for step in statement.find_all(exp.CTE)}
        tables |= {table.name for table in statement.find_all(exp.Table)} - steps - {"publication", "settings", ""}
    views = {name: REPORTS / "views" / f"{name}.sql" for name in tables}
    return set().union(*(tables_in(view) if view.exists() else {name} for name, view in views.items()))


def tables_of(page: SitePage) -> set[str]:
    """The published marts that a page reads."""
    sources = [REPORTS / "sources" / f"{name}.sql" for name in page.sources]
    return set().union(*(tables_in(file) for file in [*page.queries.values(), *sources]))


def pages_by_file() -> dict[str, SitePage]:
    return {"index.md" if page.name == OVERVIEW else f"{page.name}/index.md": page for page in read_pages(REPORTS)}


def test_every_page_has_an_exposure_and_every_exposure_a_page(manifest: Manifest) -> None:
    meta = [exposure["config"]["meta"] for exposure in manifest["exposures"].values()]
    assert sorted(each["page"] for each in meta if not {"dashboard", "mail"} & each.keys()) == sorted(pages_by_file())


def test_a_dashboards_exposure_depends_on_the_metrics_that_its_charts_show(manifest: Manifest) -> None:
    exposed = {each["config"]["meta"].get("dashboard"): each for each in manifest["exposures"].values()}
    assert exposed.keys() - {None} == {dashboard.slug for dashboard in superset.DASHBOARDS}
    for dashboard in superset.DASHBOARDS:
        named = {name for chart in dashboard.charts for name in (*chart.metrics, chart.level) if chart.kind != "rows"}
        depends_on = exposed[dashboard.slug]["depends_on"]["nodes"]
        assert {node.rpartition(".")[2] for node in depends_on if node.startswith("metric.")} == named - {None}
        of_rows = [chart.dataset for chart in dashboard.charts if chart.kind == "rows"]
        read = set(re.findall(r'"marts"\."(\w+)"', superset.FORECASTS_SQL)) if superset.FORECASTS in of_rows else set()
        assert {node.rpartition(".")[2] for node in depends_on if node.startswith("model.")} == read


@pytest.mark.parametrize("page", sorted(pages_by_file()))
def test_an_exposure_depends_on_the_tables_that_its_page_reads(manifest: Manifest, page: str) -> None:
    (exposure,) = [each for each in manifest["exposures"].values() if each["config"]["meta"].get("page") == page]
    depends_on = {name.rpartition(".")[2] for name in exposure["depends_on"]["nodes"]}
    read = tables_of(pages_by_file()[page])
    assert read, f"{page} reads nothing"
    assert depends_on == read
    assert exposure["description"].strip()


def test_no_page_or_component_asks_for_other_data() -> None:
    """The test above reads the SQL files alone. A query in the browser reads the tables that its page names; `sharesOf` makes one."""
    asking = {
        file.relative_to(REPORTS).as_posix()
        for folder in ("components", "pages")
        for file in (REPORTS / folder).rglob("*")
        if file.is_file() and re.search(r"(?i)\bselect\b[^<>;]*\bfrom\b\s+[\w$]|\bsharesOf\(", file.read_text("utf-8"))
    }
    named = {f"pages/{file}" for file, page in pages_by_file().items() if page.sources}
    assert asking - {"components/shares.js"} == named
    assert named == {f"pages/{page}/index.md" for page in ("air", "orders", "performance", "sales", "visits")}


def test_the_sites_sql_reads_marts_by_the_columns_of_their_contracts(manifest: Manifest, tmp_path: Path) -> None:
    """Every query answers, and with nothing, where each mart is as its contract has it and empty."""
    version = tmp_path / "empty.marts"
    version.mkdir()
    marts = [model for model in models(manifest) if model["fqn"][1] == "marts"]
    with duckdb.connect() as connection:
        for mart in marts:
            columns = ", ".join(f'null::{each["data_type"]} as "{name}"' for name, each in mart["columns"].items())
            connection.execute(f"copy (select {columns} where false) to '{version}/{mart['name']}.parquet'")
    state = Publication(marts={mart["name"]: 0 for mart in marts}).model_dump_json()
    (version / "publication.json").write_text(state, encoding="utf-8")
    publish_site(tmp_path / "empty.duckdb")

    pages = json.loads((tmp_path / "empty.site/site.json").read_text("utf-8"))["pages"]
    assert pages == [page.name for page in pages_by_file().values() if not page.marts]
    for page in pages_by_file().values():
        if page.entity is None:
            rows = json.loads((tmp_path / f"empty.site/rows/{page.name}.json").read_text("utf-8"))
            assert set(rows) == set(page.queries)


def test_every_model_computes_what_its_unit_tests_say(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flow's builds leave them out: they test the project and not the data. They need each model's columns, and no row."""
    monkeypatch.setenv("TALLY_WAREHOUSE", str(built))
    results = flow.dbt("test", "--select", "test_type:unit").result
    outcomes = {each.node.name: str(each.status) for each in results if each.node.resource_type == "unit_test"}
    assert len(outcomes) > 40
    assert set(outcomes.values()) == {"pass"}, outcomes
