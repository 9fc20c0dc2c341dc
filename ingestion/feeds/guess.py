"""What a file's header and cells leave one reading for, as a feed's TOML; the rest as questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ingestion.feeds import samples
from ingestion.feeds.export import LONGEST_SAMPLE, MOST_CELLS, NOT_SHOWN, Column, Export
from ingestion.feeds.folder import all_feeds
from ingestion.feeds.tables import CLOCK, MOMENT, written
from ingestion.feeds.targets import TARGETS, Target
from ingestion.feeds.toml_text import listed, quoted, schema_line, text_of
from ingestion.feeds.words import COLUMNS, CURRENCIES, NOT_WIDE, plain
from warehouse.text import one_line

# Whether tax and discounts are in money or per cent, positive or negative, and part of the amount, no header says.
ASKED = ("discount", "tax", "order_discount", "shipping", "refunded", "status", "bill")
TIMES = ("moment", "clock", "date")
POLLUTANTS = ("co", "no2", "o3", "pm10", "pm2_5")


class Guess:
    """What can be said of a file that no preset is for."""

    def __init__(self, found: Export, fills: str | None) -> None:
        self._columns = found.columns
        self._table = found.cells
        self._layout = list(found.layout)
        self._notes = list(found.notes)
        self._wide = False
        self._wide_by = "sensor_id"
        self._taken: set[str] = set()
        self._times: list[datetime] = []
        self._marks: set[str] = set()
        self._is_ambiguous = False
        self._missing: dict[str, None] = {}
        self._needs_zone = True
        self._fills = fills or self._only_fill()

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

    def feed(self, name: str, place: str | None) -> tuple[str, str | None, dict[str, str]]:
        """The feed's text, what it fills, and the feeds that come with it. Without a place it has no `from`."""
        lines = schema_line()
        if self._fills is None:
            lines += [
                f'# fills = "retail.sales"  # ? what its rows are, one of: {", ".join(TARGETS)}',
                *([f"from = {quoted(place)}"] if place else []),
                *self._section("layout", self._layout),
                *self._notes,
                "",
                "# [columns]  # ? ours = theirs; docs/your-own-data.md lists ours. Or draft it again with --fills. Theirs, with some of their cells:",
                *self._unknown(self._columns),
            ]
            return text_of(lines), None, {}
        target = TARGETS[self._fills]
        columns = self._our_columns(target)
        lines.append(f"fills = {quoted(target.name)}")
        if place:
            lines.append(f"from = {quoted(place)}  # for a folder of them, a pattern such as {_pattern(place)}")
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
        return text_of(lines), target.name, others

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
                        f"# {ours.name} = {quoted(column.title)}  # ? {why}: {ours.meaning} ({column.examples()})"
                    )
                    self._taken.add(column.title)
            elif ours.name == "store_id":
                lines.append('# store_id = { value = "…" }  # ? the one store of this file, or the column that says it')
            elif ours.is_needed:
                lines.append(f'# {ours.name} = "…"  # ? needed: {ours.meaning}')
        if target.name == "retail.sales" and not any(re.match(r"#? ?(amount|unit_price) =", line) for line in lines):
            lines += [
                f"# amount = {quoted(column.title)}  # ? is it this one: {target.by_name['amount'].meaning} ({column.examples()})"
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
        return f"{ours} = {quoted(column.title)}{blank}"

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
            lines.append(f"decimal = {quoted(next(iter(self._marks)))}")
        elif self._marks or self._is_ambiguous:
            lines += [
                f'# decimal = "{mark}"  # ? the decimal mark: the cells can be read both ways, or differ'
                for mark in ".,"
            ]
        if self._missing:
            lines.append(f"missing = [{', '.join(map(quoted, ['', *self._missing]))}]")
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
                f"# {ours} = {quoted(column.title)}  # ? which of these: {target.by_name[ours].meaning} ({column.examples()})"
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
            return [f"{name} = {quoted(column.title)}"]
        return self._with_forms(name, quoted(column.title), found.readings, "")

    def _joined(self, ours: str, date: Column, time: Column) -> list[str]:
        assert date.dates is not None and time.clock is not None
        self._taken.add(time.title)
        both = f"[{quoted(date.title)}, {quoted(time.title)}]"
        part = f", part_before = {quoted(time.clock.part_before)}" if time.clock.part_before else ""
        is_typed = any(cell.startswith((MOMENT, CLOCK)) for cell in (*date.cells[:1], *time.cells[:1]))
        if is_typed:
            self._times = self._typed_moments(date, time)
            return [f"{ours} = {{ from = {both}{part} }}"]
        readings = tuple(tuple(f"{form} {time.clock.form}" for form in forms) for forms in date.dates.readings)
        self._times = self._joined_moments(date, time, readings[0][0])
        return self._with_forms(ours, both, readings, part)

    def _with_forms(self, ours: str, titles: str, readings: Sequence[Sequence[str]], part: str) -> list[str]:
        if len(readings) == 1:
            return [f"{ours} = {{ from = {titles}, form = {listed(readings[0])}{part} }}"]
        return [
            f"# {ours} = {{ from = {titles}, form = {listed(forms)}{part} }}  # ? day or month first: the dates can be read in {len(readings)} ways"
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
        part = f", part_before = {quoted(mark)}" if mark else ""
        titles = [column.title.partition(mark)[0].strip() if mark else column.title for column in hours]
        moments = [samples.moment(f"2026-01-01 {title}", f"%Y-%m-%d {clock.form}") for title in titles]
        self._times = [moment for moment in moments if moment is not None]
        if date.cells[0].startswith(MOMENT):
            return [f"{ours} = {{ from = {quoted(date.title)}{part} }}"]
        readings = tuple(tuple(f"{form} {clock.form}" for form in forms) for forms in date.dates.readings)
        return self._with_forms(ours, quoted(date.title), readings, part)

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
            self._layout.append(f"ignore = [{', '.join(map(quoted, ignored))}]")
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
            *schema_line(),
            "# The stores of these counts.",
            'fills = "footfall.stores"',
            '# timezone = "Europe/Paris"  # ? the clock of the stores',
        ]
        for each in ids:
            lines += [
                "", "[[rows]]", f"store_id = {quoted(written(each))}" if column is not None else '# store_id = "…"  # ? as in the feed of counts',
                '# name = "…"', '# country_code = "FR"  # public holidays follow it', '# opens_at = "09:00"', '# closes_at = "18:00"',
            ]  # fmt: skip
        return text_of(lines)


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
