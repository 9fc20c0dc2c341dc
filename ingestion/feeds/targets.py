"""What a feed can fill: our columns by entity, with their type, default and meaning. docs/your-own-data.md lists them from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ingestion import sources
from ingestion.schemas import Entity, Source

Kind = Literal["id", "text", "whole", "amount", "number", "date", "time", "moment", "clock", "zone", "currency"]
"""How a column's cells are read. `amount` is exact, with up to four places; `moment` an instant; `clock` a date with a time of day or
none, as the place's clock shows it; `time` an opening hour."""

FeedMode = Literal["append", "merge", "replace_days", "replace"]

NAMES_OF_KINDS: dict[Kind, str] = {
    "id": "id",
    "text": "text",
    "whole": "whole number",
    "amount": "amount",
    "number": "number",
    "date": "date",
    "time": "time of day",
    "moment": "date and time",
    "clock": "date and time",
    "zone": "time zone",
    "currency": "currency",
}


@dataclass(frozen=True)
class Ours:
    """One of our columns. `default` says in words what a row has where the feed does not fill it; None where it must.

    `is_sensitive`: it may hold personal data, so no reason for a rejection quotes it.
    """

    name: str
    kind: Kind
    meaning: str
    default: str | None = None
    largest_digits: int = 9
    is_sensitive: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether every row must have a value."""
        return self.default is None


@dataclass(frozen=True)
class Target:
    """An entity that a feed can fill: the raw table that its rows go into, and what files may mean."""

    name: str
    table: str
    columns: tuple[Ours, ...]
    modes: tuple[FeedMode, ...]
    day: str | None = None
    """The column that says on which day a row counts."""
    one_of: tuple[str, ...] = ()
    """Columns of which a feed fills at least one."""

    @property
    def source_name(self) -> str:
        """The source whose raw tables it fills."""
        return self.name.partition(".")[0]

    @cached_property
    def source(self) -> Source:
        """That source."""
        return sources.source(self.source_name)

    @cached_property
    def entity(self) -> Entity:
        """The entity whose raw table is filled."""
        return next(entity for entity in self.source.entities if entity.name == self.table)

    @cached_property
    def by_name(self) -> Mapping[str, Ours]:
        """Our columns by name."""
        return {column.name: column for column in self.columns}


_UPDATED = Ours(
    "updated_at",
    "moment",
    "when the row was last written; of two rows of one key the later counts",
    "when the file was first read",
)
_STORE_KEYS: tuple[FeedMode, ...] = ("merge",)
_EVENTS: tuple[FeedMode, ...] = ("merge", "replace_days", "replace")

TARGETS = {
    target.name: target
    for target in (
        Target(
            "footfall.stores",
            "stores",
            (
                Ours("store_id", "id", "the store"),
                Ours("name", "text", "its name, as pages show it", "the id"),
                Ours("city", "text", "its city", "none"),
                Ours("country_code", "text", "its country, two letters such as FR; public holidays follow it", "none: no public holidays"),
                Ours("timezone", "zone", "its time zone, such as Europe/Paris", "the feed's `timezone`"),
                Ours("opened_on", "date", "the day it opened", "none"),
                Ours("opens_at", "time", "when it opens each day, such as 09:00", "00:00"),
                Ours("closes_at", "time", "when it closes, up to 24:00; both left blank in a row: the store is closed", "24:00"),
                _UPDATED,
            ),
            _STORE_KEYS,
        ),
        Target(
            "footfall.sensors",
            "sensors",
            (
                Ours("sensor_id", "id", "the sensor"),
                Ours("store_id", "id", "the store whose door it counts"),
                Ours("door", "whole", "the door's number", "none"),
                Ours("interval_minutes", "whole", "minutes that one count covers: 5, 10, 15, 20, 30 or 60", "the feed's `interval`, else 60"),
                Ours("installed_at", "moment", "when it was installed", "before all counts of its store"),
                Ours("removed_at", "moment", "when it was removed", "it still counts"),
                _UPDATED,
            ),
            _STORE_KEYS,
        ),
        Target(
            "footfall.readings",
            "readings",
            (
                Ours("sensor_id", "id", "the sensor; where several stores name their doors alike, `{ from = [\"Shop\", \"Door\"] }`"),
                Ours("hour_start", "moment", "when the counted interval begins"),
                Ours("visits", "whole", "people who came in; blank: nothing was observed", largest_digits=7),
                Ours("store_id", "id", "the store; not needed where a feed fills footfall.sensors", "the sensors feed says it"),
                Ours("status", "text", "`ok`, or `failed` for a count that is not to be trusted", "ok; failed where visits is blank"),
                _UPDATED,
            ),
            _EVENTS,
            day="hour_start",
        ),
        Target(
            "retail.products",
            "products",
            (
                Ours("product_id", "id", "the product"),
                Ours("name", "text", "its name", "none"),
                Ours("price", "amount", "its price; sales that say no amount take it", "none"),
                Ours("stock", "whole", "pieces in stock", "none"),
            ),
            ("merge", "replace"),
        ),
        Target(
            "retail.stores",
            "stores",
            (
                Ours("store_id", "id", "the store"),
                Ours("city", "text", "its city, by which regions are found", "none"),
                Ours("employees", "whole", "people who work there", "none"),
            ),
            ("merge", "replace"),
        ),
        Target(
            "retail.sales",
            "sales",
            (
                Ours("sale_date", "date", "the day of the sale; one of this and sold_at is needed", "the day of sold_at"),
                Ours("sold_at", "clock", "its date and time of day", "none"),
                Ours("product_id", "id", "the product"),
                Ours("quantity", "whole", "pieces; a negative number is a return"),
                Ours("store_id", "id", "the store"),
                Ours("amount", "amount", "what was paid for the line, taxes in it; negative for a return", "quantity × price − discount"),
                Ours("unit_price", "amount", "the price of one piece", "the product's price"),
                Ours("discount", "amount", "what was taken off the line; negative for a return", "none"),
                Ours("tax", "amount", "tax contained in the amount", "none"),
                Ours("currency", "currency", "three letters, such as EUR", "the feed's `currency`, else EUR"),
                Ours("line_id", "id", "the line's own id, which `key` can name; it is not shown", "none"),
                Ours("ticket_id", "id", "the ticket or receipt that the line belongs to; tickets are counted as sales", "none: each line counts as a sale"),
            ),
            ("append", "merge", "replace_days", "replace"),
            day="sale_date",
            one_of=("sale_date", "sold_at"),
        ),
        Target(
            "orders.customers",
            "customers",
            (
                Ours("customer_id", "id", "the customer", is_sensitive=True),
                *(
                    Ours(name, "text", meaning, "none", is_sensitive=True)
                    for name, meaning in (
                        ("name", "name"),
                        ("address", "postal address"),
                        ("email", "e-mail address"),
                        ("phone_number", "phone number"),
                    )
                ),
                Ours("country", "text", "country", "none"),
                Ours("created_at", "moment", "when the customer was first known", "when the file was first read"),
                _UPDATED,
            ),
            _STORE_KEYS,
        ),
        Target(
            "orders.products",
            "products",
            (
                Ours("product_id", "id", "the product"),
                Ours("name", "text", "its name", "the id"),
                Ours("description", "text", "its description", "none"),
                Ours("price", "amount", "its price"),
                _UPDATED,
            ),
            _STORE_KEYS,
        ),
        Target(
            "orders.orders",
            "orders",
            (
                Ours("order_id", "id", "the order, one row each"),
                Ours("ordered_at", "moment", "when it was placed"),
                Ours("customer_id", "id", "the customer", "none", is_sensitive=True),
                Ours("product_id", "id", "the product; an order of several is a feed of orders.lines"),
                Ours("quantity", "whole", "pieces"),
                Ours("unit_price", "amount", "the price of one piece"),
                Ours("bill", "amount", "what the customer was asked for", "quantity × unit_price − discount + shipping"),
                Ours("status", "text", "one of seeds/order_statuses.csv", "paid"),
                Ours("currency", "currency", "three letters, such as EUR", "the feed's `currency`, else EUR"),
                Ours("discount", "amount", "what was taken off", "none"),
                Ours("tax", "amount", "tax contained in the bill", "none"),
                Ours("shipping", "amount", "shipping contained in the bill", "none"),
                Ours("refunded", "amount", "what was paid back since", "none"),
                _UPDATED,
            ),
            _EVENTS,
            day="ordered_at",
        ),
        Target(
            "orders.lines",
            "orders",
            (
                Ours("order_id", "id", "the order; its lines stand together, one row each"),
                Ours("ordered_at", "moment", "when the order was placed"),
                Ours("product_id", "id", "the line's product"),
                Ours("quantity", "whole", "the line's pieces"),
                Ours("unit_price", "amount", "the price of one piece"),
                Ours("discount", "amount", "what was taken off the line", "none"),
                Ours("line_number", "whole", "the line's number in its order", "as the rows stand"),
                Ours("customer_id", "id", "the order's customer", "none", is_sensitive=True),
                Ours("status", "text", "the order's, one of seeds/order_statuses.csv", "paid"),
                Ours("currency", "currency", "the order's, three letters such as EUR", "the feed's `currency`, else EUR"),
                Ours("bill", "amount", "what the customer was asked for, for the whole order", "its lines and shipping"),
                Ours("order_discount", "amount", "what was taken off the whole order, the lines' discounts in it", "the lines' discounts"),
                Ours("tax", "amount", "the order's tax, contained in its bill", "none"),
                Ours("shipping", "amount", "the order's shipping, contained in its bill", "none"),
                Ours("refunded", "amount", "what was paid back of the order since", "none"),
                _UPDATED,
            ),
            _EVENTS,
            day="ordered_at",
        ),
        Target(
            "air_quality.stations",
            "stations",
            (
                Ours("station_id", "id", "the station"),
                Ours("station_name", "text", "its name", "the id"),
                Ours("latitude", "number", "degrees north", "none"),
                Ours("longitude", "number", "degrees east", "none"),
            ),
            _STORE_KEYS,
        ),
        Target(
            "air_quality.hourly",
            "hourly",
            (
                Ours("station_id", "id", "the station"),
                Ours("measured_at", "moment", "when the measured hour begins, or, with `interval`, the shorter interval"),
                Ours("co", "number", "carbon monoxide, mg/m³", "none"),
                *(
                    Ours(name, "number", meaning, "none")
                    for name, meaning in (
                        ("no2", "nitrogen dioxide, µg/m³"),
                        ("o3", "ozone, µg/m³"),
                        ("pm10", "particles up to 10 µm, µg/m³"),
                        ("pm2_5", "particles up to 2.5 µm, µg/m³"),
                        ("temperature", "temperature outside, °C"),
                        ("internal_temperature", "temperature in the device, °C"),
                        ("humidity", "relative humidity, %"),
                    )
                ),
            ),
            _EVENTS,
            day="measured_at",
            one_of=("co", "no2", "o3", "pm10", "pm2_5", "temperature", "internal_temperature", "humidity"),
        ),
    )
}  # fmt: skip


def default_mode(target: Target) -> FeedMode:
    """What files mean where the feed does not say: rows by key where the entity has one, more lines where it has none."""
    return target.modes[0]
