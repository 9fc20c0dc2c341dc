"""The chain's web shop: orders of one to four lines, with vouchers, tax, shipping and refunds.

A few orders come late (they are committed with the `updated_at` of hours before), are edited in place (a refund without
a new `updated_at`), or are withdrawn (test orders and fraud that the shop deletes).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mock_api.orders.catalogue import PRODUCTS
from mock_api.orders.log import NEVER, Ints, Versions
from mock_api.orders.simulation import QUANTITIES, RETURNED, STATUSES, Block, Orders
from mock_api.randomness import uniforms

DAY, HOUR = 86400, 3600
CURRENCY = "EUR"
MOST_LINES = 4
LINES = np.cumsum([0.50, 0.28, 0.15, 0.07])  # of 1 to 4 lines
SHARE_FLAT = 0.8  # of the orders of one line have its product beside the order's own fields, the others a list of one
SHARE_VOUCHER, VOUCHER_PERCENT = 0.15, 10
TAX_PERCENT = 20  # contained in what is paid
SHIPPING, FREE_FROM = 490, 6000  # cents

LATE, EDITED, WITHDRAWN = 1, 2, 3
SHARES = np.cumsum([0.980, 0.008, 0.008, 0.004])  # of none of these, and of each
LATE_SECONDS = (2 * HOUR, 48 * HOUR)
EDITED_SECONDS = (1 * DAY, 15 * DAY)  # after the last status
WITHDRAWN_SECONDS = (1 * DAY, 10 * DAY)  # after the order

# The columns of an order's details: ordered_at, customer, then product, quantity and cents of each line, then these. The
# status is the last one.
_FIRST_LINE = 2
_COUNT, _IS_FLAT, _HAS_VOUCHER, _FATE, _FATE_AT, _IS_EDITED, _STATUS = range(_FIRST_LINE + 3 * MOST_LINES, 21)


class Line(NamedTuple):
    """A line of an order; amounts in cents, `tax` contained in the rest."""

    product: int
    quantity: int
    unit_price: int
    discount: int
    tax: int


class Order(NamedTuple):
    """An order as it stands; amounts in cents.

    `gross` is the sum of prices times quantities, `discount` and `tax` are the lines' (and the shipping's tax), `bill` is
    what the customer was asked for, `refunded` what the customer got back.
    """

    customer: int
    status: str
    lines: list[Line]
    is_flat: bool
    gross: int
    discount: int
    tax: int
    shipping: int
    bill: int
    refunded: int


def order_of(details: Sequence[int]) -> Order:
    """An order from the details of one of its versions."""
    lines = []
    gross = discount = tax = 0
    percent = VOUCHER_PERCENT if details[_HAS_VOUCHER] else 0
    for at in range(_FIRST_LINE, _FIRST_LINE + 3 * details[_COUNT], 3):
        product, quantity, cents = details[at : at + 3]
        off = quantity * cents * percent // 100
        line = Line(product, quantity, cents, off, _tax(quantity * cents - off))
        lines.append(line)
        gross += quantity * cents
        discount += off
        tax += line.tax
    goods = gross - discount
    shipping = SHIPPING if goods < FREE_FROM else 0
    refunded = 0
    if details[_STATUS] == RETURNED:
        refunded = goods
    elif details[_IS_EDITED]:
        refunded = lines[0].quantity * lines[0].unit_price - lines[0].discount
    return Order(
        details[1],
        STATUSES[details[_STATUS]],
        lines,
        bool(details[_IS_FLAT]),
        gross,
        discount,
        tax + _tax(shipping),
        shipping,
        goods + shipping,
        refunded,
    )


def fate_of(details: Sequence[int]) -> int:
    """0, `LATE`, `EDITED` or `WITHDRAWN`."""
    return details[_FATE]


def _tax(paid: int) -> int:
    return round(paid * TAX_PERCENT / (100 + TAX_PERCENT))


class ChainOrders(Orders):
    """Every order that the chain's web shop gets."""

    def _make_block(self, number: int) -> Block:
        block = super()._make_block(number)
        slot = block.order_id - 1 - number * self.slots
        draws = uniforms(self.seed, "company/orders", number, 12 * self.slots).reshape(12, -1)[:, slot]
        placed = block.details[:, 0]
        products = [block.details[:, 2]]
        columns = [block.details]
        for place in range(1, MOST_LINES):
            product = _another(self.catalogue.chosen(draws[place]), products)
            products.append(product)
            quantity = 1 + np.searchsorted(QUANTITIES[:-1], draws[3 + place])
            columns.append(np.column_stack([product, quantity, self.catalogue.cents(product, placed)]))
        count = 1 + np.searchsorted(LINES[:-1], draws[0])
        fate = np.searchsorted(SHARES[:-1], draws[7])
        least, most = np.array([(0, 0), LATE_SECONDS, EDITED_SECONDS, WITHDRAWN_SECONDS])[fate].T
        is_flat = (count == 1) & (draws[8] < SHARE_FLAT)
        has_voucher = draws[9] < SHARE_VOUCHER
        fate_at = (least + draws[10] * (most - least)).astype(np.int64)
        columns.append(np.column_stack([count, is_flat, has_voucher, fate, fate_at, np.zeros_like(count)]))
        return replace(block, details=np.column_stack(columns).astype(np.int64))

    def _versions(self, key: Ints, written_at: Ints, next_at: Ints, details: Ints) -> list[Versions]:
        placed, fate, fate_at = details[:, 0], details[:, _FATE], details[:, _FATE_AT]
        committed_at = np.where(fate == LATE, np.maximum(written_at, placed + fate_at), written_at)
        superseded_at = np.where(fate == WITHDRAWN, np.minimum(next_at, placed + fate_at), next_at)
        is_edited = (fate == EDITED) & (next_at == NEVER)
        edited_at = written_at + fate_at
        superseded_at = np.where(is_edited, edited_at, superseded_at)
        as_edited = details[is_edited].copy()
        as_edited[:, _IS_EDITED] = 1
        never = np.full(int(is_edited.sum()), NEVER)
        return [
            Versions(key, written_at, superseded_at, details, committed_at),
            Versions(key[is_edited], written_at[is_edited], never, as_edited, edited_at[is_edited]),
        ]


def _another(product: Ints, taken: list[Ints]) -> Ints:
    """The product, or where it is taken the next one that is not."""
    for _ in range(len(taken) * len(taken)):
        is_taken: NDArray[np.bool_] = np.any([product == each for each in taken], axis=0)
        product = np.where(is_taken, (product + 1) % len(PRODUCTS), product)
    return product
