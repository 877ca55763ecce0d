"""The shop's reads: some check what the writer itself wrote, the others are only timed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.writer.sides import Cursor, Side
from demo.writer.transactions import OwnOrder


def read_order(order_id: int) -> Callable[[Side, Cursor], OwnOrder | None]:
    """Reads one order with its lines; None when it is not there."""

    def work(side: Side, cursor: Cursor) -> OwnOrder | None:
        cursor.execute(
            "SELECT state, total, greeting, is_gift, version, placed_at FROM orders WHERE id = %s", (order_id,)
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute("SELECT line, quantity FROM order_line WHERE order_id = %s", (order_id,))
        return own_order(order_id, row, dict(cursor.fetchall()))

    return work


def own_order(order_id: int, row: tuple[Any, ...], lines: dict[int, int]) -> OwnOrder:
    """The order that columns ``state, total, greeting, is_gift, version, placed_at`` describe."""
    state, total, greeting, is_gift, version, placed_at = row
    assert isinstance(placed_at, datetime)
    return OwnOrder(
        id=order_id,
        state=str(state),
        total=Decimal(total),
        greeting=greeting,
        is_gift=bool(is_gift),
        version=int(version),
        placed_at=placed_at,
        lines={int(line): int(quantity) for line, quantity in lines.items()},
    )


def find_token(token: str) -> Callable[[Side, Cursor], int | None]:
    """What a transaction left: the id it made (0 when none), or None when it is not in the database."""

    def work(side: Side, cursor: Cursor) -> int | None:
        cursor.execute("SELECT order_id FROM order_event WHERE token = %s", (token,))
        row = cursor.fetchone()
        return None if row is None else int(row[0] or 0)

    return work


def browse(choice: random.Random) -> Callable[[Side, Cursor], int]:
    """One of the pages that visitors look at; gives its number of rows."""
    category, customer = choice.randrange(1, 60), choice.randrange(1, 50)
    sql, parameters = choice.choice(
        [
            ("SELECT id, title, price FROM product WHERE category_id = %s ORDER BY price DESC LIMIT 20", (category,)),
            ("SELECT id, state, total FROM orders WHERE customer_id = %s ORDER BY placed_at", (customer,)),
            ("SELECT stars, title, body FROM review WHERE product_id = %s", (category,)),
            ("SELECT kind, street, city, country FROM address WHERE customer_id = %s", (customer,)),
        ]
    )

    def work(side: Side, cursor: Cursor) -> int:
        cursor.execute(sql, parameters)
        return len(cursor.fetchall())

    return work
