"""`python -m ingestion draft`: a first TOML of a feed, from a file's header and cells.

What the cells leave one reading for is written; what only the owner can know becomes a comment that begins with `# ?`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import SourceError
from ingestion.feeds import csv_tables, formats, presets, samples, tables, workbooks
from ingestion.feeds.config import COMMANDS, Layout, load, nearest
from ingestion.feeds.folder import all_feeds, root
from ingestion.feeds.mapping import wanted_titles
from ingestion.feeds.tables import CLOCK, LARGEST_FILE, MOMENT, Cells, written
from ingestion.feeds.targets import TARGETS, Target
from ingestion.feeds.words import COLUMNS, CURRENCIES, NOT_WIDE, PERSONAL, TOTAL, plain
from ingestion.sources import NAMES
from warehouse.paths import PROJECT
from warehouse.settings import feeds_path
from warehouse.text import one_line

MOST_CELLS = 5_000
LONGEST_SAMPLE = 30
OWNERS = "#?"
"""In a preset, what stands before the remark on a line that only the owner can answer."""
FIRST_ROWS = tables.MOST_ROWS_ABOVE
# Whether tax and discounts are in money or per cent, positive or negative, and part of the amount, no header says.
ASKED = ("discount", "tax", "order_discount", "shipping", "refunded", "status", "bill")
TIMES = ("moment", "clock", "date")
NOT_SHOWN = "not shown: it may hold personal data"
POLLUTANTS = ("co", "no2", "o3", "pm10", "pm2_5")
ABOUT = {
    "footfall.readings": "counts of doors",
    "retail.sales": "lines of sales",
    "orders.lines": "lines of orders",
    "orders.orders": "orders, one row each",
    "air_quality.hourly": "measurements of air",
}


@dataclass
class Column:
    """One of the file's columns, and what its cells say."""

    title: str
    cells: list[str]
    """Its different cells, without blank ones."""
    has_blank: bool
    numbers: samples.Numbers | None = None
    dates: samples.Dates | None = None
    clock: samples.Clock | None = None

    @property
    def is_number(self) -> bool:
        return self.numbers is not None and self.dates is None

    @property
    def is_text(self) -> bool:
        """Whether its cells are words, not numbers, dates or times."""
        return bool(self.cells) and self.numbers is None and self.dates is None and self.clock is None

    @property
    def is_personal(self) -> bool:
        """Whether its cells may say who somebody is."""
        if PERSONAL.search(plain(self.title)) and not (self.is_number and self._is_money()):
            return True
        return any(
            "@" in cell or re.fullmatch(r"\+?[0-9][0-9 ().-]{8,}", cell) for cell in self.cells if self.dates is None
        )

    def _is_money(self) -> bool:
        return not re.search(
            r"zip|postcode|postal|plz|phone|tel|mobile|customer|client|kunde|card|iban|user|token", plain(self.title)
        )

    def examples(self) -> str:
        """Three of its cells as a comment shows them."""
        if not self.cells:
            return "blank"
        if self.is_personal:
            return NOT_SHOWN
        more = ", …" if len(self.cells) > 3 else ""
        return ", ".join(one_line(written(cell), LONGEST_SAMPLE) for cell in self.cells[:3]) + more


@dataclass
class Draft:
    """A feed that was drafted.

    Attributes:
        name: what the feed is called.
        text: its TOML.
        preset: the preset that it was made from, if one.
        fills: what it fills; None where that is a question.
        others: feeds that come with it, by their names.
    """

    name: str
    text: str
    preset: str | None
    fills: str | None
    others: dict[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """How many questions are left in it."""
        return sum(len(_questions(text)) for text in (self.text, *self.others.values()))


def _questions(text: str) -> set[str]:
    """The keys that are questions; one that can be answered in several ways is one."""
    asked = [line for line in text.splitlines() if "# ? " in line]
    return {key[1] if (key := re.match(r"# *([a-z0-9_]+) *=", line)) else line for line in asked}


def draft(file: Path, fills: str | None, preset: str | None, name: str | None, latest: datetime) -> Draft:
    """A feed for a file; `latest` is the latest moment that a row can have.

    Raises:
        SourceError: the file cannot be read, or there is no such preset or entity.
    """
    if fills is not None and fills not in TARGETS:
        raise SourceError(f"--fills {fills!r} is nothing that a feed fills{nearest(fills, TARGETS)}")
    body = _bytes_of(file)
    name = name or _name_of(file)
    place = _place_of(file)
    first = _first_rows(file.name, body)
    chosen = presets.preset(preset) if preset else None
    if chosen is None and fills is None:
        found = {each.name: each for rows in first.values() if (each := presets.recognised(rows)) is not None}
        chosen = next(iter(found.values())) if len(found) == 1 else None
    if chosen is not None and fills not in (None, chosen.feed.fills):
        raise SourceError(
            f"the preset {chosen.name} fills {chosen.feed.fills}, not {fills}: leave one of --preset and --fills out"
        )
    if chosen is not None:
        return _of_preset(chosen, name, place, first)
    return _Guess(file, body, first, fills, latest).draft(name, place)


def write(made: Draft, out: Path) -> list[Path]:
    """Write the drafted feeds, none of which may be there.

    Raises:
        SourceError: one is there, or cannot be written.
    """
    texts = {out: made.text} | {out.with_name(f"{name}.toml"): text for name, text in made.others.items()}
    if there := [path for path in texts if path.exists()]:
        raise SourceError(
            f"{there[0].parent.name}/{there[0].name} is there already: delete it, or say --out with another name"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{out.parent.name}/{out.name} cannot be written: {error.strerror}") from None
    return list(texts)


def _bytes_of(file: Path) -> bytes:
    try:
        if file.is_dir():
            raise SourceError(
                f"{file.name} is a folder: name one of its files; `from` in the feed then takes a pattern such as {file.name}/*.csv"
            )
        if file.stat().st_size > LARGEST_FILE:
            raise SourceError(
                f"{file.name} has {file.stat().st_size / 1e6:,.0f} MB: draft from a smaller export of the same kind"
            )
        body = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file.name} cannot be read: {error.strerror}") from None
    if not body.strip():
        raise SourceError(f"{file.name} is empty")
    return body


def _name_of(file: Path) -> str:
    """A feed's name after the file: without dates and numbers at its end."""
    decomposed = unicodedata.normalize("NFKD", file.stem).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", decomposed).strip("-").split("-")
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    while len(words) > 1 and words[0].isdigit():
        words.pop(0)
    name = "-".join(words)[:40].strip("-") or "feed"
    return f"my-{name}" if name in (*NAMES, *COMMANDS) else name


def _place_of(file: Path) -> str:
    """What `from` says: relative to the folder above that of the feeds, where the file is below it."""
    absolute = file.absolute()
    return absolute.relative_to(root()).as_posix() if absolute.is_relative_to(root()) else absolute.as_posix()


def _first_rows(name: str, body: bytes) -> dict[str | None, list[list[str]]]:
    """The first rows of a file as texts, by sheet; None stands for a file without sheets."""
    kind = formats.format_of(name, Layout())
    if kind == "csv":
        delimiter = csv_tables.sniffed_delimiter(body)
        return {None: [[cell.strip() for cell in record] for record in csv_tables.peek(body, Layout(), delimiter)[1]]}
    if kind == "excel":
        return {
            sheet: [[written(cell) for cell in row] for row in rows[:FIRST_ROWS]]
            for sheet, rows in workbooks.sheets_of(name, body).items()
        }
    return {None: [formats.read(name, body, Layout(), []).titles]}


# From a preset.


def _of_preset(chosen: presets.Preset, name: str, place: str, first: dict[str | None, list[list[str]]]) -> Draft:
    text = _answered(chosen.path.read_text(encoding="utf-8"), place)
    wanted = {plain(title): title for title in wanted_titles(chosen.feed)}
    there = [{plain(cell) for cell in row} for rows in first.values() for row in rows]
    lacking = [title for short, title in wanted.items() if not any(short in header for header in there)]
    if lacking:
        text += f"\n# ? the file has no column {', '.join(lacking)}: name the right one above, or delete the line\n"
    filled = {feed.fills for feed in all_feeds().values()}
    others = {}
    for path in chosen.companions:
        if load(path).fills not in filled:
            others[f"{name}-{path.stem}"] = _answered(path.read_text(encoding="utf-8"), place)
    return Draft(name, text, chosen.name, chosen.feed.fills, others)


def _answered(text: str, place: str) -> str:
    """A preset's text for the owner's file: what only the owner knows is a question."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#:schema"):
            lines += _schema_line()
        elif re.match(r"from\s*=", line) and not any(each.startswith("[") for each in lines):
            lines.append(re.sub(r"=.*", lambda _: f"= {_quoted(place)}", line))
        elif OWNERS in line:
            said, _, question = line.partition(OWNERS)
            lines.append(f"# {said.rstrip()}  # ? {question.strip()}")
        else:
            lines.append(line)
    return _text(lines)


def _schema_line() -> list[str]:
    """Editors find the schema beside the feeds of the project."""
    return ["#:schema ./feed.schema.json"] if feeds_path().absolute() == PROJECT / "feeds" else []


def _quoted(text: str) -> str:
    # JSON leaves one control character as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(lines: Sequence[str]) -> str:
    """Lines as a file's text: what a title or a cell has of control characters would end a comment, or be no TOML."""
    return "".join(re.sub(r"[\x00-\x1f\x7f]", " ", line) + "\n" for line in lines)


def _listed(texts: Sequence[str]) -> str:
    quoted = [_quoted(text) for text in texts]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


# From what the header and the cells say.


class _Guess:
    """What can be said of a file that no preset is for."""

    def __init__(
        self, file: Path, body: bytes, first: dict[str | None, list[list[str]]], fills: str | None, latest: datetime
    ) -> None:
        self._file = file
        self._latest = latest
        self._notes: list[str] = []
        self._layout: list[str] = []
        cells = self._without_totals(self._cells(body, first))
        self._columns = [self._column(cells, title) for title in cells.titles if title]
        self._rows = len(cells)
        self._table = cells
        self._wide = False
        self._wide_by = "sensor_id"
        self._taken: set[str] = set()
        self._times: list[datetime] = []
        self._marks: set[str] = set()
        self._is_ambiguous = False
        self._missing: dict[str, None] = {}
        self._needs_zone = True
        self._fills = fills or self._only_fill()

    # The table.

    def _cells(self, body: bytes, first: dict[str | None, list[list[str]]]) -> Cells:
        name = self._file.name
        layout = Layout()
        sheet, rows = next(iter(first.items()))
        if len(first) > 1:
            known = {each: _likeness(rows) for each, rows in first.items()}
            sheet = max(known, key=lambda each: known[each])
            rows = first[sheet]
            is_sure = known[sheet] > 0 and list(known.values()).count(known[sheet]) == 1
            others = ", ".join(str(each) for each in first)
            self._layout.append(f"sheet = {_quoted(str(sheet))}" + ("" if is_sure else f"  # ? which sheet: {others}"))
            layout = layout.model_copy(update={"sheet": sheet})
        if formats.format_of(name, Layout()) in ("json", "parquet"):
            return formats.read(name, body, layout, [])
        if formats.format_of(name, Layout()) == "csv":
            delimiter = csv_tables.sniffed_delimiter(body)
            layout = layout.model_copy(update={"delimiter": delimiter})
            self._layout.append(f"delimiter = {_quoted(delimiter)}")
        place = _header(rows)
        if place is None:
            filled = [at for at, row in enumerate(rows) if any(row)]
            width = max((len(row) for row in rows), default=0)
            if not filled or width < 2:
                raise SourceError(f"{name} has no rows of several columns: is it the right file?")
            titles = [f"column {number}" for number in range(1, width + 1)]
            layout = layout.model_copy(update={"header": titles, "skip_rows": filled[0]})
            self._layout += [f"skip_rows = {filled[0]}"] * bool(filled[0])
            self._layout.append(
                f"header = [{', '.join(map(_quoted, titles))}]  # ? the file has no header: say what its columns are"
            )
            return formats.read(name, body, layout, [])
        titles = [title.strip() for title in rows[place] if title.strip()]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            self._notes.append(
                f"# ? the file has several columns {', '.join(map(_quoted, twice))}: rename them before you use one"
            )
        once = [title for title in titles if titles.count(title) == 1]
        cells = formats.read(name, body, layout, once)
        keep = [at for at, title in enumerate(cells.titles) if title in once]
        return replace(cells, titles=[cells.titles[at] for at in keep], columns=[cells.columns[at] for at in keep])

    def _column(self, cells: Cells, title: str) -> Column:
        encoded = cells.column(title).combine_chunks().dictionary_encode()
        different = [cell for cell in encoded.dictionary.to_pylist() if cell]
        is_blank = len(different) < len(encoded.dictionary)
        column = Column(title, different[:MOST_CELLS], is_blank)
        column.dates = samples.dates(column.cells, self._latest.replace(tzinfo=None))
        column.clock = samples.clock(column.cells) if column.dates is None else None
        column.numbers = samples.numbers(column.cells)
        return column

    def _without_totals(self, cells: Cells) -> Cells:
        """The rows but those of sums, which have a word such as `Total` in some column, and blank ones beside it."""
        blanks = sum(np.asarray(pc.equal(column, "").to_numpy(), dtype=int) for column in cells.columns)
        is_sparse = blanks > np.median(blanks) if len(cells) else np.zeros(0, bool)
        for title, column in zip(cells.titles, cells.columns, strict=True):
            words = sorted(
                {
                    cell
                    for cell in column.filter(pa.array(is_sparse)).to_pylist()
                    if TOTAL.fullmatch(plain(written(cell)))
                }
            )
            if words:
                self._layout.append(f"leave_out = {{ {_quoted(title)} = {_listed(words)} }}")
                keep = ~(np.asarray(pc.is_in(column, pa.array(words)).to_numpy(), dtype=bool) & is_sparse)
                return cells.filtered(keep)
        return cells

    # What it fills.

    def _only_fill(self) -> str | None:
        """What a file with these columns can only be; None where it can be several things or none."""

        def has(target: str, *names: str) -> bool:
            return all(self._candidates(TARGETS[target], name) for name in names)

        has_time = bool(self._dated())
        found: set[str] = set()
        if has_time and has("retail.sales", "product_id", "quantity"):
            if has("orders.lines", "order_id", "unit_price") and not has("retail.sales", "store_id"):
                found.add("orders.lines" if self._repeats("order_id") else "orders.orders")
            elif not has("orders.lines", "order_id") or not has("orders.lines", "unit_price"):
                found.add("retail.sales")
            else:
                found |= {"retail.sales", "orders.lines"}
        elif has_time and any(has("air_quality.hourly", name) for name in POLLUTANTS):
            found.add("air_quality.hourly")
        elif has_time and not has("orders.lines", "order_id"):
            if has("footfall.readings", "visits") or self._wide_columns(TARGETS["footfall.readings"]):
                found.add("footfall.readings")
        elif not has_time and has("retail.products", "product_id", "price"):
            found |= {"retail.products", "orders.products"}
        elif not has_time and has("air_quality.stations", "station_id", "latitude", "longitude"):
            found.add("air_quality.stations")
        if len(found) > 1:
            self._notes.append(f"# ? fills: it may be {' or '.join(sorted(found))}")
        return found.pop() if len(found) == 1 else None

    def _repeats(self, ours: str) -> bool:
        (column,) = self._candidates(TARGETS["orders.lines"], ours)[:1]
        cells = self._table.column(column.title).to_pylist()
        return len(set(cells)) < len(cells)

    def _dated(self) -> list[Column]:
        return [column for column in self._columns if column.dates is not None]

    def _candidates(self, target: Target, ours: str) -> list[Column]:
        """The file's columns that may be one of ours: by their title, and by what their cells are."""
        words = COLUMNS.get(target.name, {}).get(ours, frozenset())
        kind = target.by_name[ours].kind
        # JSON has its columns within others: item.sku
        return [
            column
            for column in self._columns
            if not words.isdisjoint({plain(column.title), plain(column.title.rpartition(".")[2])})
            and _is_of_kind(column, kind)
        ]

    # The text.

    def draft(self, name: str, place: str) -> Draft:
        """The feed's text."""
        lines = _schema_line()
        if self._fills is None:
            lines += [
                f'# fills = "retail.sales"  # ? what its rows are, one of: {", ".join(TARGETS)}',
                f"from = {_quoted(place)}",
                *self._section("layout", self._layout),
                *self._notes,
                "",
                "# [columns]  # ? ours = theirs; docs/your-own-data.md lists ours. Or draft it again with --fills. Theirs, with some of their cells:",
                *self._unknown(self._columns),
            ]
            return Draft(name, _text(lines), None, None)
        target = TARGETS[self._fills]
        columns = self._our_columns(target)
        lines += [
            f"fills = {_quoted(target.name)}",
            f"from = {_quoted(place)}  # for a folder of them, a pattern such as {_pattern(place)}",
        ]
        lines += self._mode(target)
        lines += self._zone(target)
        lines += self._interval(target)
        lines += self._currency(target)
        lines += self._section("layout", self._layout)
        lines += self._section("values", self._values())
        lines += ["", "[columns]", *columns, *self._notes]
        rest = [column for column in self._columns if column.title not in self._taken]
        if rest:
            lines += ["", "# Columns that are not used, with some of their cells:", *self._unknown(rest)]
        others = {}
        if target.name == "footfall.readings" and "footfall.stores" not in {
            feed.fills for feed in all_feeds().values()
        }:
            others[f"{name}-stores"] = self._stores(target)
        return Draft(name, _text(lines), None, target.name, others)

    def _section(self, title: str, lines: Sequence[str]) -> list[str]:
        return ["", f"[{title}]", *lines] if lines else []

    def _unknown(self, columns: Sequence[Column]) -> list[str]:
        # In a file of people any text may be a name, whatever its column is called.
        is_of_people = (self._fills or "").startswith("orders.") or any(
            "@" in cell for each in self._columns for cell in each.cells
        )
        return [
            f"#   {one_line(column.title, 60)}: {NOT_SHOWN if is_of_people and column.is_text else column.examples()}"
            for column in columns
        ]

    def _our_columns(self, target: Target) -> list[str]:
        lines: list[str] = []
        time = next(
            (ours.name for ours in target.columns if ours.kind in TIMES and ours.name in COLUMNS[target.name]), None
        )
        for ours in target.columns:
            if ours.name == time:
                lines += self._time(target, ours.name)
                continue
            found = [each for each in self._candidates(target, ours.name) if each.title not in self._taken]
            if ours.name == "visits" and len(found) != 1 and (wide := self._wide_columns(target)):
                lines += self._melted(target, wide)
                continue
            if len(found) == 1 and ours.name not in ASKED:
                lines.append(self._taken_as(ours.name, found[0], ours.kind))
            elif found:
                for column in found:
                    why = "is it this one" if ours.name in ASKED or len(found) == 1 else "which of these"
                    lines.append(
                        f"# {ours.name} = {_quoted(column.title)}  # ? {why}: {ours.meaning} ({column.examples()})"
                    )
                    self._taken.add(column.title)
            elif ours.name == "store_id":
                lines.append('# store_id = { value = "…" }  # ? the one store of this file, or the column that says it')
            elif ours.is_needed:
                lines.append(f'# {ours.name} = "…"  # ? needed: {ours.meaning}')
        if target.name == "retail.sales" and not any(re.match(r"#? ?(amount|unit_price) =", line) for line in lines):
            lines += [
                f"# amount = {_quoted(column.title)}  # ? is it this one: {target.by_name['amount'].meaning} ({column.examples()})"
                for column in self._columns
                if column.is_number and column.title not in self._taken
            ]
        if self._wide and self._wide_by == "sensor_id":
            # `wide` names the doors.
            lines = [line for line in lines if not line.startswith("# sensor_id = ")]
        return lines

    def _taken_as(self, ours: str, column: Column, kind: str) -> str:
        self._taken.add(column.title)
        if column.numbers is not None and kind in ("amount", "whole", "number"):
            self._note_numbers(column.numbers, kind == "whole")
        blank = (
            "  # some of its cells are blank"
            if column.has_blank and ours in ("product_id", "order_id", "store_id")
            else ""
        )
        return f"{ours} = {_quoted(column.title)}{blank}"

    def _note_numbers(self, found: samples.Numbers, is_whole: bool) -> None:
        marks = found.whole_marks if is_whole else found.marks
        if len(marks) == 1:
            self._marks.add(marks[0])
        elif found.is_ambiguous:
            self._is_ambiguous = True
        self._missing |= dict.fromkeys(found.missing)

    def _values(self) -> list[str]:
        lines = []
        if len(self._marks) == 1:
            lines.append(f"decimal = {_quoted(next(iter(self._marks)))}")
        elif self._marks or self._is_ambiguous:
            lines += [
                f'# decimal = "{mark}"  # ? the decimal mark: the cells can be read both ways, or differ'
                for mark in ".,"
            ]
        if self._missing:
            lines.append(f"missing = [{', '.join(map(_quoted, ['', *self._missing]))}]")
        return lines

    def _time(self, target: Target, ours: str) -> list[str]:
        """The column that says when: a date, with a time of day in it or in a column beside it."""
        words = COLUMNS[target.name][ours]
        dated = self._dated()
        named = [column for column in dated if plain(column.title) in words] or dated
        if len(named) > 1 and len(timed := [column for column in named if column.dates and column.dates.has_time]) == 1:
            named = timed
        if not named:
            return [f'# {ours} = "…"  # ? needed: {target.by_name[ours].meaning}; no column has dates that can be read']
        if len(named) > 1:
            self._taken |= {column.title for column in named}
            return [
                f"# {ours} = {_quoted(column.title)}  # ? which of these: {target.by_name[ours].meaning} ({column.examples()})"
                for column in named
            ]
        (column,) = named
        assert column.dates is not None
        self._taken.add(column.title)
        found = column.dates
        clocks = [
            each
            for each in self._columns
            if each.clock is not None and plain(each.title) in words and each.title not in self._taken
        ]
        if not found.has_time and len(clocks) == 1:
            return self._joined(ours, column, clocks[0])
        if not found.has_time and (hours := self._hours(target)):
            return self._with_hours(ours, column, hours)
        if not found.has_time and ours in ("hour_start", "measured_at"):
            self._notes.append(
                f"# ? {column.title} has no time of day: {target.name} needs one"
                + (", in one of several columns" if clocks else "")
            )
        self._times = self._moments(column, found.readings[0])
        name = "sale_date" if ours == "sold_at" and not found.has_time else ours
        self._needs_zone = name != "sale_date" and not found.has_offset
        if found.is_found:
            return [f"{name} = {_quoted(column.title)}"]
        return self._with_forms(name, _quoted(column.title), found.readings, "")

    def _joined(self, ours: str, date: Column, time: Column) -> list[str]:
        assert date.dates is not None and time.clock is not None
        self._taken.add(time.title)
        both = f"[{_quoted(date.title)}, {_quoted(time.title)}]"
        part = f", part_before = {_quoted(time.clock.part_before)}" if time.clock.part_before else ""
        is_typed = any(cell.startswith((MOMENT, CLOCK)) for cell in (*date.cells[:1], *time.cells[:1]))
        if is_typed:
            self._times = self._typed_moments(date, time)
            return [f"{ours} = {{ from = {both}{part} }}"]
        readings = tuple(tuple(f"{form} {time.clock.form}" for form in forms) for forms in date.dates.readings)
        self._times = self._joined_moments(date, time, readings[0][0])
        return self._with_forms(ours, both, readings, part)

    def _with_forms(self, ours: str, titles: str, readings: Sequence[Sequence[str]], part: str) -> list[str]:
        if len(readings) == 1:
            return [f"{ours} = {{ from = {titles}, form = {_listed(readings[0])}{part} }}"]
        return [
            f"# {ours} = {{ from = {titles}, form = {_listed(forms)}{part} }}  # ? day or month first: the dates can be read in {len(readings)} ways"
            for forms in readings
        ]

    def _moments(self, column: Column, forms: Sequence[str]) -> list[datetime]:
        found = []
        for cell in column.cells:
            for form in forms or ("",):
                if (moment := samples.moment(cell, form or None)) is not None:
                    found.append(moment)
                    break
        return found

    def _joined_moments(self, date: Column, time: Column, form: str) -> list[datetime]:
        days, hours = (self._table.column(column.title).to_pylist()[:MOST_CELLS] for column in (date, time))
        mark = time.clock.part_before if time.clock else None
        texts = {
            f"{day} {written(hour).partition(mark)[0].strip() if mark else written(hour)}"
            for day, hour in zip(days, hours, strict=True)
            if day and hour
        }
        return [found for text in texts if (found := samples.moment(text, form)) is not None]

    def _typed_moments(self, date: Column, time: Column) -> list[datetime]:
        """The moments of a workbook's dates and of the times of day beside them."""
        found = []
        for day, hour in set(zip(*(self._table.column(each.title).to_pylist() for each in (date, time)), strict=True)):
            clock = re.match(r"([0-9]{1,2})(?:[:h]([0-9]{2}))?", written(hour))
            if day.startswith(MOMENT) and clock and int(clock[1]) < 24:
                found.append(datetime.fromisoformat(day[2:21]).replace(hour=int(clock[1]), minute=int(clock[2] or 0)))
        return found

    # Wide tables of counts.

    def _hours(self, target: Target) -> list[Column]:
        """The columns whose titles are times of day, where counts stand below each."""
        if target.name != "footfall.readings":
            return []
        found = [
            column for column in self._columns
            if column.numbers is not None and column.numbers.whole_marks and samples.clock([column.title]) is not None
        ]  # fmt: skip
        return found if len(found) > 2 and samples.clock([column.title for column in found]) is not None else []

    def _with_hours(self, ours: str, date: Column, hours: Sequence[Column]) -> list[str]:
        """The date, to which the title of each column is joined."""
        assert date.dates is not None
        self._wide_by = ours
        clock = samples.clock([column.title for column in hours])
        assert clock is not None
        mark = clock.part_before
        part = f", part_before = {_quoted(mark)}" if mark else ""
        titles = [column.title.partition(mark)[0].strip() if mark else column.title for column in hours]
        moments = [samples.moment(f"2026-01-01 {title}", f"%Y-%m-%d {clock.form}") for title in titles]
        self._times = [moment for moment in moments if moment is not None]
        if date.cells[0].startswith(MOMENT):
            return [f"{ours} = {{ from = {_quoted(date.title)}{part} }}"]
        readings = tuple(tuple(f"{form} {clock.form}" for form in forms) for forms in date.dates.readings)
        return self._with_forms(ours, _quoted(date.title), readings, part)

    def _wide_columns(self, target: Target) -> list[Column]:
        """The columns of sensors, where each has one: all of whole numbers that nothing else is."""
        if target.name != "footfall.readings":
            return []
        if hours := self._hours(target):
            return hours
        known = {plain(title) for title in self._taken}
        found = [
            column for column in self._columns
            if plain(column.title) not in known and column.is_number and column.numbers is not None and column.numbers.whole_marks
            and not NOT_WIDE.search(plain(column.title))
        ]  # fmt: skip
        return found if len(found) >= 2 else []

    def _melted(self, target: Target, wide: Sequence[Column]) -> list[str]:
        self._wide = True
        for column in wide:
            if column.numbers is not None:
                self._note_numbers(column.numbers, True)
        self._layout.append(f'wide = "{self._wide_by}"')
        ignored = [column.title for column in self._columns if column not in wide and column.title not in self._taken]
        stores = [column.title for column in self._candidates(target, "store_id")]
        ignored = [title for title in ignored if title not in stores]
        if ignored:
            self._layout.append(f"ignore = [{', '.join(map(_quoted, ignored))}]")
        self._taken |= {column.title for column in (*wide, *self._columns) if column.title not in stores}
        what = "a door" if self._wide_by == "sensor_id" else "an hour"
        return [
            f'visits = "*"  # each of these columns is {what}: '
            + ", ".join(one_line(column.title, LONGEST_SAMPLE) for column in wide[:8])
        ]

    # What belongs to the whole file.

    def _zone(self, target: Target) -> list[str]:
        if not any(ours.kind in ("moment", "clock") and ours.name in COLUMNS[target.name] for ours in target.columns):
            return []
        if not self._needs_zone:
            return []
        return ['# timezone = "Europe/Paris"  # ? the clock of the times in the file']

    def _interval(self, target: Target) -> list[str]:
        if target.name not in ("footfall.readings", "air_quality.hourly"):
            return []
        minutes = samples.minutes_between(self._times)
        if minutes is not None:
            return (
                [f"interval = {minutes}  # the rows are {minutes} minutes apart"]
                if target.name == "footfall.readings" or minutes != 60
                else []
            )
        return ["# interval = 60  # ? how many minutes one row covers: 5, 10, 15, 20, 30 or 60"]

    def _currency(self, target: Target) -> list[str]:
        if "currency" not in target.by_name or any(
            column.title in self._taken for column in self._candidates(target, "currency")
        ):
            return []
        texts = [cell for column in self._columns if column.numbers is not None for cell in column.cells]
        signs = {sign for sign in CURRENCIES if any(sign in text for text in texts)}
        codes = {found[0] for text in texts if (found := re.search(r"\b[A-Z]{3}\b", text))}
        said = {CURRENCIES[sign] for sign in signs} | codes
        if len(said) == 1 and not any(sign in text for text in texts for sign in ("$", "¥")):
            return [f'currency = "{said.pop()}"']
        return ['# currency = "EUR"  # ? the currency of the amounts']

    def _mode(self, target: Target) -> list[str]:
        if target.name != "retail.sales":
            return []
        return [
            '# mode = "replace_days"  # ? if a later file may have the same days again; without it each file brings more sales'
        ]

    def _stores(self, target: Target) -> str:
        """A feed of the stores that the counts name: the daily figures need their time zone and opening hours."""
        column = next((each for each in self._candidates(target, "store_id")), None)
        ids = column.cells[:50] if column is not None else ["…"]
        lines = [
            *_schema_line(),
            "# The stores of these counts.",
            'fills = "footfall.stores"',
            '# timezone = "Europe/Paris"  # ? the clock of the stores',
        ]
        for each in ids:
            lines += [
                "", "[[rows]]", f"store_id = {_quoted(written(each))}" if column is not None else '# store_id = "…"  # ? as in the feed of counts',
                '# name = "…"', '# country_code = "FR"  # public holidays follow it', '# opens_at = "09:00"', '# closes_at = "18:00"',
            ]  # fmt: skip
        return _text(lines)


def _pattern(place: str) -> str:
    path = Path(place)
    return f"{path.parent.as_posix()}/*{path.suffix}" if path.parent.as_posix() != "." else f"inbox/*{path.suffix}"


def _is_of_kind(column: Column, kind: str) -> bool:
    if kind in TIMES:
        return column.dates is not None
    if kind == "whole":
        return column.numbers is not None and bool(column.numbers.whole_marks)
    if kind in ("amount", "number"):
        return column.numbers is not None
    if kind == "currency":
        return all(re.fullmatch("[A-Za-z]{3}", cell) for cell in column.cells) and bool(column.cells)
    return column.dates is None and bool(column.cells)


def _likeness(rows: Sequence[Sequence[str]]) -> int:
    """How many columns of one of ours a sheet's header has."""
    place = _header(rows)
    titles = {plain(title) for title in rows[place]} if place is not None else set()
    return max(sum(bool(titles & words) for words in columns.values()) for columns in COLUMNS.values())


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of the first rows is the header: the first that is about as wide as most, and has texts where those below have values."""
    widths = [sum(bool(cell) for cell in row) for row in rows]
    wide = sorted(width for width in widths if width > 1)
    if not wide:
        return None
    usual = wide[len(wide) // 2]
    for place, row in enumerate(rows):
        filled = [cell for cell in row if cell]
        if widths[place] < max(2, 0.6 * usual):
            continue
        below = next((each for each in rows[place + 1 :] if sum(map(bool, each)) > 1), [])
        has_texts = sum(_is_value(cell) for cell in filled) * 2 <= len(filled)
        # Over a date or a number stands a title, even where the others are hours or years.
        has_title = any(
            cell and not _is_value(cell) and _is_value(value) for cell, value in zip(row, below, strict=False)
        )
        is_header = (has_texts or has_title) and not _is_value(filled[0]) and len(set(filled)) >= 0.8 * len(filled)
        return place if is_header else None
    return None


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a date, which titles seldom are."""
    return bool(re.fullmatch(r"[-+(]?[^\w\s]?\s?[0-9][0-9 .,:/hT'+-]*\s?[^\w\s]?\)?", cell))
