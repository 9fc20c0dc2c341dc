"""The simulated sales: the same whoever asks, growing only, and plausible."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from mock_api.clock import Clock
from mock_api.retail.files import Dialect
from mock_api.retail.provider import Retail
from mock_api.retail.sales import DAY, Sales
from mock_api.retail.seven_stores import PRODUCTS, STORES

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def lines(now: datetime, seed: int = 42, chaos: float = 0.0) -> list[str]:
    """The lines of the sales file, without its header."""
    file = Retail(Sales(seed), Clock.at(now), chaos).sales_file(Dialect())
    return file.body.decode().splitlines()[1:]


def test_the_file_follows_from_seed_and_clock_alone() -> None:
    assert lines(NOW) == lines(NOW)
    assert lines(NOW) != lines(NOW, seed=43)
    provider = Retail(Sales(42), Clock.at(NOW))
    provider.book.lines(NOW + timedelta(days=400))
    assert provider.sales_file(Dialect()).body.decode().splitlines()[1:] == lines(NOW)


def test_lines_are_only_ever_added() -> None:
    earlier = lines(NOW)
    for hours in (1, 5, 24, 24 * 40):
        later = lines(NOW + timedelta(hours=hours))
        assert not Counter(earlier) - Counter(later)
        assert later[: len(earlier)] == earlier
    assert len(later) > len(earlier) + 1000


def test_some_lines_come_after_those_of_later_days() -> None:
    days = [line.split(",")[0] for line in lines(NOW)]
    assert days != sorted(days)
    assert days[0] == "2023-05-27"


def test_the_first_thirty_days_are_always_there() -> None:
    first = lines(datetime(2020, 1, 1, tzinfo=UTC))
    assert first == lines(datetime(2023, 6, 26, tzinfo=UTC))
    assert {date.fromisoformat(line.split(",")[0]) for line in first} == {
        date(2023, 5, 27) + timedelta(days=n) for n in range(30)
    }


def test_equal_lines_come_about() -> None:
    assert max(Counter(lines(NOW)).values()) > 1


def test_lines_a_day_are_a_poisson_count_around_what_each_store_sells() -> None:
    """Mean and variance of Paris's Wednesdays, the yearly season taken out by whole years: 11 · 0.9 lines."""
    sold = Sales(42).lines(datetime(2027, 5, 27, tzinfo=UTC))
    first, years = (datetime(2023, 5, 27, tzinfo=UTC) - datetime(2010, 1, 1, tzinfo=UTC)) // timedelta(days=1), 3
    counts = np.bincount(sold.day[sold.store == 0] - first, minlength=365 * years)[4 : 364 * years : 7]
    assert (datetime(2023, 5, 27) + timedelta(days=4)).isoweekday() == 3
    expected = STORES[0].lines_a_day * 0.9
    assert counts.mean() == pytest.approx(expected, abs=4 * (expected / len(counts)) ** 0.5)
    assert 0.7 < counts.var() / expected < 2.0


def test_products_sell_by_their_popularity() -> None:
    sold = Sales(42).lines(datetime(2026, 5, 27, tzinfo=UTC))
    shares = np.bincount(sold.product, minlength=len(PRODUCTS)) / len(sold.product)
    assert shares == pytest.approx([product.popularity for product in PRODUCTS], abs=0.01)
    assert set(sold.quantity.tolist()) == {1, 2, 3, 4, 5}
    assert (sold.written_at - sold.day * DAY).min() >= 8 * 3600


def test_bad_rows_come_with_chaos_and_stay_where_they_are() -> None:
    clean, bad = lines(NOW), lines(NOW, chaos=1.0)
    added = Counter(bad) - Counter(clean)
    assert not Counter(clean) - Counter(bad)
    assert len(bad) == len(clean) + added.total()
    assert added.total() / len(clean) == pytest.approx(0.05, abs=0.01)
    assert {line.split(",")[0] for line in added if line.startswith("hier")} == {"hier"}
    assert lines(NOW + timedelta(days=9), chaos=1.0)[: len(bad)] == bad


@pytest.mark.parametrize("chaos", [0.0, 0.5])
def test_every_change_of_dialect_keeps_what_the_file_says(chaos: float) -> None:
    provider = Retail(Sales(42), Clock.at(datetime(2023, 6, 26, tzinfo=UTC)), chaos)
    plain = provider.sales_file(Dialect()).body
    assert provider.sales_file(Dialect.named("semicolon")).body == plain.replace(b",", b";")
    assert provider.sales_file(Dialect.named("crlf")).body == plain.replace(b"\n", b"\r\n")
    assert provider.sales_file(Dialect.named("no-final-newline")).body == plain.removesuffix(b"\n")
    assert provider.sales_file(Dialect.named("bom")).body == b"\xef\xbb\xbf" + plain
    assert provider.sales_file(Dialect.named("no-accents")).body.decode() == plain.decode().replace("é", "e")
    slashes = provider.sales_file(Dialect.named("slashes")).body.decode().splitlines()
    assert slashes[1].split(",")[0] == "27/05/2023"
    products = provider.products_file(Dialect.named("decimal-comma,semicolon")).body.decode().splitlines()
    assert products[1].split(";")[1:3] == ["REF001", "49,99"]
    quoted = provider.products_file(Dialect.named("decimal-comma")).body.decode().splitlines()
    assert '"49,99"' in quoted[1]


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(ValueError, match="no dialect 'tabs': there are semicolon"):
        Dialect.named("crlf,tabs")
