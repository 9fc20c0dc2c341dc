"""What the chain's web shop answers: ids as the tills have them, lines, and all of an order's money."""

from typing import Any

from mock_api.company.orders import CURRENCY, Line, order_of
from mock_api.company.tills import product_id
from mock_api.orders.provider import Row, Shop, money


class ChainShop(Shop):
    """The chain's web shop, seen at the clock's time."""

    def order(self, order_id: int, ordered_at: str, updated_at: str, details: list[int]) -> Row:
        """An order of one line with its product beside it, or with a list of lines."""
        order = order_of(details)
        row: Row = {"order_id": web_order_id(order_id), "ordered_at": ordered_at, "customer_id": order.customer}
        if order.is_flat:
            (line,) = order.lines
            row |= {
                "product_id": product_id(line.product),
                "quantity": line.quantity,
                "unit_price": money(line.unit_price),
            }
        else:
            row["lines"] = [_line(number, line) for number, line in enumerate(order.lines, start=1)]
            row["currency"] = CURRENCY
        return row | {
            "bill": money(order.bill),
            "discount": money(order.discount),
            "tax": money(order.tax),
            "shipping": money(order.shipping),
            "refunded": money(order.refunded),
            "status": order.status,
            "updated_at": updated_at,
        }

    def product_id(self, number: int) -> str:
        """The id of a product by its number, from 0: the tills'."""
        return product_id(number)


def web_order_id(number: int) -> str:
    """An order's id: as text, in the order of the numbers."""
    return f"W{number:010}"


def _line(number: int, line: Line) -> dict[str, Any]:
    return {
        "line_number": number,
        "product_id": product_id(line.product),
        "quantity": line.quantity,
        "unit_price": money(line.unit_price),
        "discount": money(line.discount),
        "tax": money(line.tax),
    }
