"""The contract's shapes, for the OpenAPI page."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict


def _example(item: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [{"data": [item], "next_cursor": None}]})


class CustomerItem(BaseModel):
    """The newest version of a customer, who may have moved."""

    customer_id: int
    name: str
    address: str
    email: str
    phone_number: str
    country: str
    created_at: str
    updated_at: str


class ProductItem(BaseModel):
    """The newest version of a product; `price` is a decimal with up to four places."""

    product_id: int | str
    name: str
    description: str
    price: str
    updated_at: str


class LineItem(BaseModel):
    """A line of an order; `tax` is contained in quantity × unit_price − discount."""

    line_number: int
    product_id: str
    quantity: int
    unit_price: str
    discount: str
    tax: str


class OrderItem(BaseModel):
    """The newest version of an order, at the prices it was placed at.

    It has either `product_id`, `quantity` and `unit_price`, or `lines`. `bill` is what the customer was asked for.
    """

    order_id: int | str
    ordered_at: str
    customer_id: int
    product_id: int | str | None = None
    quantity: int | None = None
    unit_price: str | None = None
    lines: list[LineItem] | None = None
    bill: str
    discount: str | None = None
    tax: str | None = None
    shipping: str | None = None
    refunded: str | None = None
    currency: str | None = None
    status: Literal["placed", "paid", "shipped", "delivered", "cancelled", "returned"]
    updated_at: str


class CustomerList(BaseModel):
    """A page of customers in the order (updated_at, customer_id)."""

    model_config = _example(
        {
            "customer_id": 148012,
            "name": "Siân O'Neill",
            "address": "3 Mill Lane\nNorth Kaneside\nL9E 6AJ",
            "email": "148012.sian@example.org",
            "phone_number": "+44 20 7946 0018",
            "country": "United Kingdom",
            "created_at": "2026-11-18T04:12:09Z",
            "updated_at": "2026-11-18T04:12:09Z",
        }
    )
    data: list[CustomerItem]
    next_cursor: str | None


class ProductList(BaseModel):
    """A page of products in the order (updated_at, product_id)."""

    model_config = _example(
        {
            "product_id": 3,
            "name": "Oak stool",
            "description": "A three-legged stool of oiled oak.",
            "price": "47.95",
            "updated_at": "2026-11-02T17:40:11Z",
        }
    )
    data: list[ProductItem]
    next_cursor: str | None


class OrderList(BaseModel):
    """A page of orders in the order (updated_at, order_id)."""

    model_config = _example(
        {
            "order_id": 85213377,
            "ordered_at": "2026-11-22T04:59:48Z",
            "customer_id": 148012,
            "product_id": 3,
            "quantity": 2,
            "unit_price": "47.95",
            "bill": "95.90",
            "status": "placed",
            "updated_at": "2026-11-22T04:59:48Z",
        }
    )
    data: list[OrderItem]
    next_cursor: str | None
