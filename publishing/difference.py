"""What differs between two publications: which rows, by the marts' keys, and which columns, by how much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb

from publishing.publication import Publication, PublishingError, read_publication
from warehouse.connection import connect_memory
from warehouse.errors import first_line
from warehouse.paths import WarehousePaths
from warehouse.published_versions import versions_folder
from warehouse.sql import literal

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class ColumnDifference:
    """A column in which rows of both publications differ.

    Attributes:
        name: the column.
        rows: how many rows differ in it, null and a value counted as different.
        largest: the largest difference of two numbers, without its sign; None for a column of something else.
        change: by how much the column's sum over the rows of both grew; None for a column of something else.
    """

    name: str
    rows: int
    largest: float | None
    change: float | None


@dataclass(frozen=True)
class MartDifference:
    """A mart in two publications.

    Attributes:
        mart: its name.
        old_rows: how many rows it had; None where it was not there.
        new_rows: how many it has; None where it is no longer there.
        only_old: rows whose key only the old publication has; without a key, rows that only it has as they are.
        only_new: the same of the new one.
        changed: rows of both that differ in some column; 0 without a key.
        key: the columns that identify a row; empty where none is known in both.
        columns: the columns that differ, most rows first.
        columns_gone: columns that only the old one has, or has with another type.
        columns_come: columns that only the new one has, or has with another type.
    """

    mart: str
    old_rows: int | None
    new_rows: int | None
    only_old: int = 0
    only_new: int = 0
    changed: int = 0
    key: tuple[str, ...] = ()
    columns: tuple[ColumnDifference, ...] = ()
    columns_gone: tuple[str, ...] = ()
    columns_come: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether the two are equal, row for row and column for column."""
        return self.old_rows == self.new_rows and not any(
            (self.only_old, self.only_new, self.changed, self.columns_gone, self.columns_come)
        )

    def exceeds(self, limit_pct: float) -> bool:
        """Whether it would surprise its readers: it or a column is gone, or more of its rows differ than that share.

        A mart or a column that has come surprises nobody.

        Args:
            limit_pct: rows that are gone, new or changed, in percent of those that were there; of one where there was none.
        """
        if self.old_rows is None:
            return False
        differing = self.only_old + self.only_new + self.changed
        return self.new_rows is None or bool(self.columns_gone) or 100 * differing > limit_pct * max(self.old_rows, 1)


@dataclass(frozen=True)
class Difference:
    """Two publications, mart by mart, by name."""

    old: Publication
    new: Publication
    marts: list[MartDifference] = field(default_factory=list)


def previous_version(warehouse: Path) -> Path:
    """The publication before the newest one, which `publishing` keeps.

    Raises:
        PublishingError: there is none.
    """
    folder = WarehousePaths(warehouse).marts
    newest = folder.resolve()
    others = [version for version in versions_folder(folder).glob("*") if version.name.isdigit() and version != newest]
    if not others:
        raise PublishingError(
            f"There is no publication before the one in {folder}: name the folder of an earlier one, "
            "or publish again after the next build."
        )
    return max(others, key=lambda version: int(version.name))


def marts_folder(place: Path) -> Path:
    """The folder of published marts that a person means: itself, or what is published beside a warehouse's file.

    Raises:
        PublishingError: nothing is published there.
    """
    folder = WarehousePaths(place).marts if place.suffix == ".duckdb" else place
    if read_publication(folder).published_at is None:
        raise PublishingError(f"Nothing is published in {folder}: name a folder such as data/warehouse.marts.")
    return folder.resolve()


def compare(
    old: Path,
    new: Path,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Callable[[str, int, int], None] | None = None,
) -> Difference:
    """Compare two folders of published marts.

    Args:
        old: the one before.
        new: the one after.
        select: only marts of these names; `*` and `?` as in a shell. All of them where empty.
        exclude: no marts of these names, written in the same way.
        ignore: columns whose values are not compared, in any mart; written in the same way.
        progress: called with a mart's name, its position from 0 and the number of marts, before it is compared.

    Raises:
        PublishingError: a publication cannot be read, or no mart has such a name.
    """
    before, after = read_publication(old), read_publication(new)
    names = sorted({*before.marts, *after.marts})
    chosen = [name for name in names if (not select or _matches(name, select)) and not _matches(name, exclude)]
    if not chosen:
        wanted = f"No mart is called {' or '.join(select)}" if select else "Every mart is excluded"
        raise PublishingError(f"{wanted}: the marts are {', '.join(names)}.")
    found = []
    with connect_memory() as connection:
        for position, mart in enumerate(chosen):
            if progress:
                progress(mart, position, len(chosen))
            try:
                found.append(_compare_mart(connection, mart, (old, before), (new, after), ignore))
            except duckdb.Error as error:
                raise PublishingError(f"{mart} cannot be compared ({first_line(error)}).") from None
    return Difference(before, after, found)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _compare_mart(
    connection: duckdb.DuckDBPyConnection,
    mart: str,
    old: tuple[Path, Publication],
    new: tuple[Path, Publication],
    ignore: Sequence[str],
) -> MartDifference:
    old_rows, new_rows = old[1].marts.get(mart), new[1].marts.get(mart)
    if old_rows is None or new_rows is None:
        return MartDifference(mart, old_rows, new_rows, old_rows or 0, new_rows or 0)
    kinds = []
    for side, (folder, _) in (("old", old), ("new", new)):
        file = folder / f"{mart}.parquet"
        connection.execute(f"create or replace temp view {side}_rows as from read_parquet({literal(file)})")
        kinds.append({name: kind for name, kind, *_ in connection.execute(f"describe {side}_rows").fetchall()})
    before, after = kinds
    shared = [name for name in after if before.get(name) == after[name]]
    gone = tuple(name for name in before if name not in shared)
    come = tuple(name for name in after if name not in shared)
    key = new[1].keys.get(mart, [])
    shared = [name for name in shared if name in key or not _matches(name, ignore)]
    if not key or old[1].keys.get(mart) != key or not set(key) <= set(shared):
        only_old, only_new = (
            _rows_only_in(connection, one, other, shared) for one, other in (("old", "new"), ("new", "old"))
        )
        return MartDifference(mart, old_rows, new_rows, only_old, only_new, columns_gone=gone, columns_come=come)
    values = [name for name in shared if name not in key]
    counts = [
        "count(*) filter (where not is_new)",
        "count(*) filter (where not is_old)",
        "count(*) filter (where is_changed)",
    ]
    for name in values:
        both, differs = "is_old and is_new", f"is_old and is_new and old_{name} is distinct from new_{name}"
        counts.append(f"count(*) filter (where {differs})")
        if after[name].startswith(_NUMBERS):
            counts.append(f"max(abs(new_{name}::double - old_{name}::double)) filter (where {differs})")
            counts.append(
                f"(coalesce(sum(new_{name}) filter (where {both}), 0) - coalesce(sum(old_{name}) filter (where {both}), 0))::double"
            )
        else:
            counts += ["null", "null"]
    join = " and ".join(f'old_rows."{name}" is not distinct from new_rows."{name}"' for name in key)
    sides = ", ".join(f'old_rows."{name}" as old_{name}, new_rows."{name}" as new_{name}' for name in values)
    changed = " or ".join(f'old_rows."{name}" is distinct from new_rows."{name}"' for name in values) or "false"
    row = connection.execute(f"""
        select {", ".join(counts)}
        from (
            select
                old_rows.is_old is not null as is_old,
                new_rows.is_new is not null as is_new,
                old_rows.is_old is not null and new_rows.is_new is not null and ({changed}) as is_changed
                {", " + sides if sides else ""}
            from (select *, true as is_old from old_rows) as old_rows
            full join (select *, true as is_new from new_rows) as new_rows on {join}
        ) as pairs
    """).fetchone()
    assert row is not None
    columns = [
        ColumnDifference(name, *row[3 + 3 * position : 6 + 3 * position]) for position, name in enumerate(values)
    ]
    return MartDifference(
        mart,
        old_rows,
        new_rows,
        row[0],
        row[1],
        row[2],
        tuple(key),
        tuple(sorted((column for column in columns if column.rows), key=lambda column: -column.rows)),
        gone,
        come,
    )


def _rows_only_in(connection: duckdb.DuckDBPyConnection, one: str, other: str, columns: list[str]) -> int:
    listed = ", ".join(f'"{name}"' for name in columns) or "1"
    row = connection.execute(
        f"select count(*) from (select {listed} from {one}_rows except all select {listed} from {other}_rows)"
    ).fetchone()
    return int(row[0]) if row else 0


def markdown(difference: Difference) -> str:
    """The difference as Markdown, for a pull request: a table of marts, and below it one of columns."""
    marts = [mart for mart in difference.marts if not mart.is_same]
    same = len(difference.marts) - len(marts)
    if not marts:
        return f"No mart differs: {same} are equal, row for row.\n"
    lines = [
        f"{len(marts)} marts differ, {same} are equal.",
        "",
        "| mart | rows before | rows now | only before | only now | changed | columns |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for mart in marts:
        figures = [
            _count(mart.old_rows),
            _count(mart.new_rows),
            *map(_count, (mart.only_old, mart.only_new, mart.changed)),
        ]
        lines.append(f"| `{mart.mart}` | {' | '.join(figures)} | {columns_said(mart)} |")
    if any(mart.columns for mart in marts):
        lines += [
            "",
            "<details><summary>Columns that differ</summary>",
            "",
            "| mart | column | rows | largest difference | change of the sum |",
            "|---|---|--:|--:|--:|",
        ]
        for mart in marts:
            for column in mart.columns:
                lines.append(
                    f"| `{mart.mart}` | `{column.name}` | {column.rows:,} | {_amount(column.largest)} | {_amount(column.change, '+')} |"
                )
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def columns_said(mart: MartDifference) -> str:
    """Which columns differ, came and went, in a few words."""
    shown = [column.name for column in mart.columns]
    parts = [", ".join(shown[:4]) + (f" and {len(shown) - 4} more" if len(shown) > 4 else "")] if shown else []
    parts += [f"new: {', '.join(mart.columns_come)}"] if mart.columns_come else []
    parts += [f"gone: {', '.join(mart.columns_gone)}"] if mart.columns_gone else []
    return "; ".join(parts)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _amount(number: float | None, sign: str = "") -> str:
    return "" if number is None else f"{number:{sign},.6g}"
