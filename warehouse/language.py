"""What people read in pages and mails, in the language of the setting SITE__LOCALE: phrases of `locales/<language>.ftl`, figures and dates as it writes them.

A phrase file is Fluent's (projectfluent.org). What a language's file lacks is said in English, so that an unfinished one can be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal
from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number
from fluent.syntax import FluentParser, FluentSerializer
from fluent.syntax.ast import Message, Resource

from warehouse.errors import SettingsError
from warehouse.paths import PROJECT
from warehouse.settings import Site

ENGLISH = "en"
MISSING = "–"
"""What stands for a figure that there is none of."""


def file_of(language: str) -> Path:
    """The phrase file of a language, such as `fr`."""
    return PROJECT / "locales" / f"{language}.ftl"


@cache
def phrases_of(locale: str) -> str:
    """All phrases of a locale as one Fluent file: its language's, and the English ones that it lacks.

    Raises:
        SettingsError: there is no file of that language.
    """
    language = Locale.parse(locale, sep="-").language
    if not file_of(language).exists():
        known = ", ".join(sorted(file.stem for file in file_of(ENGLISH).parent.glob("*.ftl")))
        raise SettingsError(
            f"SITE__LOCALE is {locale}, but there is no locales/{language}.ftl: write one (docs/languages.md), or choose of {known}"
        )
    entries = {
        entry.id.name: entry
        for each in (ENGLISH, language)
        for entry in FluentParser().parse(file_of(each).read_text("utf-8")).body
        if isinstance(entry, Message)
    }
    return FluentSerializer().serialize(Resource(list(entries.values())))


@dataclass(frozen=True)
class Language:
    """A language with the clock that moments are said in.

    Attributes:
        locale: BCP 47, such as `fr-FR`.
        timezone: the owner's time zone.
    """

    locale: str = "en-GB"
    timezone: tzinfo = UTC

    @classmethod
    def load(cls, stores: Iterable[str | None] = ()) -> Language:
        """The language of the settings SITE__…; the time zone is, where none is set, the first of the stores', else UTC.

        Raises:
            SettingsError: a setting cannot be used.
        """
        settings = Site.load()
        language = cls(settings.locale, ZoneInfo(settings.timezone or first_timezone(stores)))
        phrases_of(language.locale)
        return language

    def phrase(self, name: str, /, **values: Any) -> str:
        """A phrase with its values filled in; numbers are written as the language writes them, without a fraction.

        Raises:
            KeyError: no file has the phrase.
        """
        bundle = _bundle(self.locale)
        pattern = bundle.get_message(name).value
        if pattern is None:
            raise KeyError(name)
        text, errors = bundle.format_pattern(pattern, {key: _fluent(value) for key, value in values.items()})
        if errors:
            raise errors[0]
        return str(text)

    def knows(self, name: str) -> bool:
        """Whether there is a phrase of this id."""
        return _bundle(self.locale).has_message(name)

    def word(self, kind: str, text: str) -> str:
        """The phrase `<kind>-<text>` of a word that the data has; the word itself where there is none."""
        name = f"{kind}-{re.sub(r'[^A-Za-z0-9]+', '_', text)}"
        return self.phrase(name) if self.knows(name) else text

    def count(self, value: Any) -> str:
        """A number without a fraction; a dash where there is none."""
        return MISSING if value is None else self.number(round(value), 0)

    def number(self, value: Any, digits: int = 1) -> str:
        """A number with as many digits behind the mark; a dash where there is none."""
        if value is None:
            return MISSING
        return format_decimal(value, f"#,##0{'.' * bool(digits)}{'0' * digits}", locale=self._babel).replace("-", "−")

    def percent(self, value: float | None, *, signed: bool = False) -> str:
        """Percent with one digit behind the mark, with a sign before a change; a dash where there is none."""
        if value is None:
            return MISSING
        sign = "" if not signed or round(value, 1) == 0 else "+" if value > 0 else "−"
        return sign + self.phrase("percent", value=self.number(abs(value)))

    def money(self, value: Any, currency: str) -> str:
        """An amount in a currency (ISO 4217)."""
        text = format_currency(value, currency, locale=self._babel).replace("-", "−")
        # CLDR has a space between a code and the figure, which Babel leaves out.
        return re.sub(r"(?<=[A-Z])(?=\d)", "\u00a0", text)

    def day(self, value: date) -> str:
        """A day in full: `Monday 23 November 2026`."""
        return format_date(value, "full", locale=self._babel)

    def weekday(self, value: date) -> str:
        """A day of a list: `Mon, Nov 23` as the language writes it."""
        return format_skeleton("MMMEd", value, locale=self._babel)

    def month(self, value: date) -> str:
        """The month of a day: `November 2026`."""
        return format_skeleton("yMMMM", value, locale=self._babel)

    def short_day(self, value: date) -> str:
        """A day in figures: `2026-11-23`, as the language's tables have it."""
        return self.phrase("table-day", year=f"{value:%Y}", month=f"{value:%m}", day=f"{value:%d}")

    def moment(self, value: datetime | None) -> str:
        """A moment on the owner's clock. value: in UTC where it names no zone."""
        if value is None:
            return self.phrase("unknown_time")
        there = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(self.timezone)
        return self.phrase(
            "moment",
            day=format_date(there.date(), "long", locale=self._babel),
            time=format_time(there.timetz(), "HH:mm", locale=self._babel),
        )

    def sentence(self, parts: Mapping[str, str | None], fallback: str) -> str:
        """What an alert says, from the id of its phrase and its values (`message_parts` of `fct_alerts`)."""
        name = str(parts.get("id"))
        if not self.knows(name):
            return fallback
        said = {key: self._said(key, value) for key, value in parts.items() if key != "id"}
        return self.phrase(name, **said, value=said.get("visits", said.get("hours", "")))

    def _said(self, name: str, text: str | None) -> Any:
        """A value of an alert's sentence."""
        if text is None:
            return MISSING
        match name:
            case "moment":
                return self.moment(datetime.fromisoformat(text))
            case "day":
                return self.day(date.fromisoformat(text[:10]))
            case "source":
                return self.word("source", text)
            case "visits" | "hours" | "percent" | "records" | "rows" | "failed" | "all" | "old":
                return int(text)
            case "mean":
                return self.number(float(text))
        return text

    @property
    def _babel(self) -> Locale:
        return Locale.parse(self.locale, sep="-")


def store_timezones(connection: duckdb.DuckDBPyConnection) -> list[str | None]:
    """The stores' time zones in the mart `dim_stores` of a connection, the first store's first; none where it is not there."""
    found = connection.execute(
        "select schema_name from duckdb_columns() where table_name = 'dim_stores' and column_name = 'timezone' "
        "and schema_name in ('main', 'marts')"
    ).fetchone()
    if not found:
        return []
    return [
        name
        for (name,) in connection.execute(f"select timezone from {found[0]}.dim_stores order by store_id").fetchall()
    ]


def first_timezone(stores: Iterable[str | None]) -> str:
    """The first time zone that there is one of; UTC without any."""
    for name in stores:
        try:
            if name:
                ZoneInfo(name)
                return name
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


def _fluent(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return fluent_number(value, maximumFractionDigits=0)


@cache
def _bundle(locale: str) -> FluentBundle:
    bundle = FluentBundle([locale, "en-GB"], use_isolating=False)
    bundle.add_resource(FluentResource(phrases_of(locale)))
    return bundle


def forget_phrases() -> None:
    """Read the phrase files anew when they are next asked for."""
    phrases_of.cache_clear()
    _bundle.cache_clear()
