"""docs/marts.md: the marts, their keys and how they hang together, drawn from dbt's own tests.

A primary key is the shortest key that a mart's `rules` call unique, a relation is one of their `relationships` between two marts
(`tests/data/generic/rules.sql`): what is drawn is what is checked at each build.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from publishing.columns import grain_of
from tools.project import Manifest

HEAD = """# The marts

Made by `python -m tools generate` from the project's own tests: do not edit. A primary key (PK) is tested to be unique, a foreign key (FK) to be found where its line leads;
a dashed line is a relation whose gaps are a warning, because the provider may cause them. Only keys are drawn; `make docs` describes every column.
"""


@dataclass(frozen=True)
class Relation:
    """A column of one mart whose values are found in a column of another.

    Attributes:
        column: the mart's own column.
        parent: the other mart.
        required: the column is tested never to be null.
        strict: a value that is not found fails the build.
    """

    column: str
    parent: str
    required: bool
    strict: bool


@dataclass
class Mart:
    """A mart as the diagram needs it."""

    name: str
    domain: str
    grain: str
    columns: dict[str, str]
    key: tuple[str, ...] = ()
    relations: list[Relation] = field(default_factory=list)


def page(manifest: Manifest) -> str:
    """The page's text."""
    marts = read_marts(manifest)
    parts = [HEAD]
    for domain in sorted({mart.domain for mart in marts.values()}):
        own = [mart for mart in marts.values() if mart.domain == domain]
        parts.append(f"## {domain.replace('_', ' ').capitalize()}\n")
        parts.append(_diagram(own, marts))
        parts.append(_table(own))
    return "\n".join(parts)


def read_marts(manifest: Manifest) -> dict[str, Mart]:
    """The public models by name, with the keys and relations that tests and constraints hold."""
    nodes = manifest["nodes"]
    marts: dict[str, Mart] = {}
    for node in sorted(nodes.values(), key=lambda node: str(node["name"])):
        if node["resource_type"] == "model" and node["fqn"][1] == "marts" and node["access"] == "public":
            columns = {name: column["data_type"] or "" for name, column in node["columns"].items()}
            marts[node["name"]] = Mart(node["name"], node["fqn"][2], grain_of(node["description"]), columns)
    tests = [node for node in nodes.values() if (node.get("test_metadata") or {}).get("name") == "rules"]
    required = {
        (node["name"], name)
        for node in nodes.values()
        for name, column in node["columns"].items()
        if any(constraint["type"] == "not_null" for constraint in column.get("constraints") or [])
    }
    for test in sorted(tests, key=lambda test: str(test["unique_id"])):
        mart = marts.get(_name(test))
        if mart is None:
            continue
        arguments = test["test_metadata"]["kwargs"]
        for column, other in arguments.get("relationships", {}).items():
            parent = other["to"].split("'")[1]
            if parent in marts:
                strict = test["config"]["severity"].lower() == "error"
                mart.relations.append(Relation(column, parent, (mart.name, column) in required, strict))
        for key in map(tuple, arguments.get("unique", [])):
            if not mart.key or (len(key), key) < (len(mart.key), mart.key):
                mart.key = key
    return marts


def _name(test: dict[str, object]) -> str:
    return str(test["attached_node"]).rpartition(".")[2]


def _diagram(own: Iterable[Mart], marts: dict[str, Mart]) -> str:
    own = list(own)
    lines = ["```mermaid", "erDiagram"]
    others = sorted({relation.parent for mart in own for relation in mart.relations} - {mart.name for mart in own})
    for mart in own:
        lines += _entity(mart, [relation.column for relation in mart.relations])
    for name in others:
        lines += _entity(marts[name], [])
    for mart in own:
        for relation in mart.relations:
            one = "||" if relation.required else "|o"
            line = "--" if relation.strict else ".."
            many = "o|" if mart.key == (relation.column,) else "o{"
            lines.append(f"    {relation.parent} {one}{line}{many} {mart.name} : {relation.column}")
    return "\n".join([*lines, "```", ""])


def _entity(mart: Mart, foreign: list[str]) -> list[str]:
    drawn = [*mart.key, *(column for column in dict.fromkeys(foreign) if column not in mart.key)]
    rows = []
    for column in drawn:
        marks = [mark for mark, is_so in (("PK", column in mart.key), ("FK", column in foreign)) if is_so]
        # Mermaid takes one word for a type.
        kind = mart.columns.get(column, "").partition("(")[0].replace(" ", "_") or "unknown"
        rows.append(f"        {kind} {column} {', '.join(marks)}")
    return [f"    {mart.name} {{", *rows, "    }"] if rows else [f"    {mart.name}"]


def _table(own: Iterable[Mart]) -> str:
    lines = ["| mart | grain | primary key |", "|---|---|---|"]
    for mart in own:
        key = ", ".join(f"`{column}`" for column in mart.key) or "none"
        lines.append(f"| `{mart.name}` | {mart.grain.replace('|', '&#124;')} | {key} |")
    return "\n".join([*lines, ""])
