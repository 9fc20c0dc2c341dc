"""The English sentences that models write for people: `macros/operations/messages.sql`, from `locales/en.ftl`."""

from __future__ import annotations

from typing import Any

from fluent.syntax import FluentParser
from fluent.syntax.ast import Message, Pattern, Placeable, SelectExpression, TextElement, VariableReference

from warehouse.language import file_of

GROUPS = ("alerts", "attention", "pipeline_state")
"""The first parts of the ids whose phrases dbt knows."""

HEAD = """\
{#
    Made by `python -m tools generate` from locales/en.ftl: do not edit.
    The English sentences that models write, by the parts of their ids; `one` and `other` where a phrase has a form for several things.
#}
{% macro messages() %}
    {{ return({
"""
FOOT = """\
    }) }}
{% endmacro %}
"""


def macro() -> str:
    """The text of the macro `messages`.

    Raises:
        ValueError: a phrase of dbt's is more than text, values and one choice by a number.
    """
    tree: dict[str, Any] = {group: {} for group in GROUPS}
    for entry in FluentParser().parse(file_of("en").read_text("utf-8")).body:
        if isinstance(entry, Message) and entry.value and entry.id.name.split("-")[0] in GROUPS:
            *path, key = entry.id.name.split("-")
            node = tree
            for step in path:
                node = node.setdefault(step, {})
            node[key] = _text_of(entry.value)
    return HEAD + "".join(_lines(tree, 8)) + FOOT


def _text_of(pattern: Pattern) -> Any:
    match pattern.elements:
        case [Placeable(expression=SelectExpression() as choice)]:
            return {variant.key.name: _text_of(variant.value) for variant in choice.variants}  # type: ignore[union-attr]
    parts = []
    for element in pattern.elements:
        match element:
            case TextElement(value=text):
                parts.append(text)
            case Placeable(expression=VariableReference() as variable):
                parts.append(f"{{{variable.id.name}}}")
            case _:
                raise ValueError("a phrase that dbt knows may have text, values and one choice by a number")
    return "".join(parts)


def _lines(tree: dict[str, Any], indent: int) -> list[str]:
    lines = []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{' ' * indent}{key!r}: {{\n", *_lines(value, indent + 4), f"{' ' * indent}}},\n"]
        else:
            lines.append(f"{' ' * indent}{key!r}: {value!r},\n")
    return lines
