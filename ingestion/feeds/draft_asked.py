"""`python -m ingestion draft` for a database or a public API: the columns and a sample are asked for, and become a feed as a file's do."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingestion.errors import SourceError
from ingestion.feeds import presets, rest, sql
from ingestion.feeds.config import Sql, literal_secret, nearest
from ingestion.feeds.draft import Draft, name_of, of_preset
from ingestion.feeds.export import export_of
from ingestion.feeds.guess import Guess
from ingestion.feeds.tables import Cells, written
from ingestion.feeds.targets import TARGETS
from warehouse.text import one_line
from warehouse.urls import DRIVERS, has_password

ROWS_OF_A_SAMPLE = 2_000
_GROWS = re.compile(r"(updated|modified|changed|created|inserted)|^id$", re.IGNORECASE)


def is_asked(place: str) -> bool:
    """Whether what `draft` is given is a database's URL, or a file with [sql] or [rest], and not a file of rows."""
    return place.startswith("env:") or place.partition("://")[0].lower() in DRIVERS or place.endswith(".toml")


def draft_asked(
    place: str, table: str | None, fills: str | None, preset: str | None, name: str | None, latest: datetime
) -> Draft:
    """A feed for a table of a database, or for what a file with only [sql] or [rest] asks for.

    Raises:
        SourceError: it cannot be asked, no table is said, or there is no such preset or entity.
    """
    if fills is not None and fills not in TARGETS:
        raise SourceError(f"--fills {fills!r} is nothing that a feed fills{nearest(fills, TARGETS)}")
    said = _said(place, table)
    name = name or name_of(Path(str(said.get("sql", {}).get("table") or Path(place).stem)))
    if "sql" in said:
        cells = sql.sample(name, Sql.model_validate(said["sql"]), ROWS_OF_A_SAMPLE)
    else:
        cells = rest.sample(name, said["rest"], ROWS_OF_A_SAMPLE)
    if preset is not None:
        made = of_preset(presets.preset(preset), name, place, {None: [cells.titles]})
        return Draft(made.name, _with(made.text, said), made.preset, made.fills, made.others)
    text, what, others = Guess(export_of(cells, latest), fills).feed(name, None)
    return Draft(name, text + "\n" + _section(said, cells), None, what, others)


def _said(place: str, table: str | None) -> dict[str, Any]:
    """[sql] or [rest]: of the file, or made of a URL and a table."""
    if not place.endswith(".toml"):
        if has_password(place):
            raise SourceError(
                "the URL holds a password: put it into an environment variable, and say env:NAME in its place"
            )
        if table is None:
            names = sql.tables("draft", Sql(url=place, table="none"))
            raise SourceError(
                f"which table? Say --table with one of: {one_line(', '.join(names), 500) or 'none, it is empty'}"
            )
        return {"sql": {"url": place, "table": table}}
    path = Path(place)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{path.name} is not TOML: {one_line(error, 200)}") from None
    found = {part: content[part] for part in ("sql", "rest") if isinstance(content.get(part), dict)}
    if len(found) != 1:
        raise SourceError(f"{path.name} has not one of [sql] and [rest]: it says where `draft` is to ask")
    if (secret := literal_secret(found)) is not None:
        raise SourceError(
            f'{path.name}: `{secret}` is a secret: put it into an environment variable, and write {secret} = "env:NAME"'
        )
    if "sql" in found:
        try:
            Sql.model_validate(found["sql"])
        except ValidationError as error:
            reason = error.errors(include_url=False, include_input=False, include_context=False)[0]["msg"]
            raise SourceError(f"{path.name}: [sql] {one_line(reason.removeprefix('Value error, '), 300)}") from None
    return found


def _with(text: str, said: dict[str, Any]) -> str:
    """A preset's text that asks where the owner said."""
    for key, value in said.get("sql", {}).items():
        text = re.sub(rf"^({key}\s*=\s*)\"[^\"]*\"", rf"\g<1>{_escaped(_toml(value))}", text, flags=re.MULTILINE)
    return text


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\")


def _section(said: dict[str, Any], cells: Cells) -> str:
    """[sql] or [rest] as the feed has it, with what may be its cursor as a question."""
    if "rest" in said:
        return "\n".join(_tables("rest", said["rest"])) + "\n"
    lines = ["[sql]", *(f"{key} = {_toml(value)}" for key, value in said["sql"].items())]
    if "cursor" not in said["sql"]:
        for title in cells.titles:
            if _GROWS.search(title):
                first = next((written(cell) for cell in cells.column(title).to_pylist() if cell), "blank")
                lines.append(
                    f"# cursor = {_toml(title)}  # ? does it grow with every change of a row ({one_line(first, 30)})? Then only newer rows are read"
                )
    return "\n".join(lines) + "\n"


def _tables(name: str, value: dict[str, Any]) -> list[str]:
    """A table of TOML; tables within stand on their own lines."""
    plain = {key: each for key, each in value.items() if not _is_tables(each) and not isinstance(each, dict)}
    lines = [f"[{name}]", *(f"{_key(key)} = {_toml(each)}" for key, each in plain.items())] if plain else []
    for key, each in value.items():
        if isinstance(each, dict):
            lines += [
                f"[{name}.{_key(key)}]",
                *(f"{_key(inner)} = {_toml(found)}" for inner, found in each.items()),
                "",
            ]
        elif _is_tables(each):
            for item in each:
                lines += [
                    f"[[{name}.{_key(key)}]]",
                    *(f"{_key(inner)} = {_toml(found)}" for inner, found in item.items()),
                    "",
                ]
    return lines


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)
