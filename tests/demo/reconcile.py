"""After the run: every acknowledged transaction is on the serving side exactly once, and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.writer.configuration import Address, WriterConfiguration
from demo.writer.journal import TOKEN_PREFIX, read_journal
from demo.writer.reads import own_order
from demo.writer.sides import Cursor, Side, open_side
from demo.writer.transactions import OwnOrder


@dataclass
class Reconciliation:
    """What the serving side holds against what the application knows; all lists empty means nothing was lost."""

    acknowledged: int = 0
    orders_compared: int = 0
    missing: list[str] = field(default_factory=list)
    """Tokens acknowledged and not there."""
    doubled: list[str] = field(default_factory=list)
    """Tokens there more than once."""
    unknown: list[str] = field(default_factory=list)
    """Tokens there that were never attempted."""
    wrong_orders: list[str] = field(default_factory=list)
    """Orders that hold something else than what was last acknowledged, or are there though deleted."""

    @property
    def ok(self) -> bool:
        return not (self.missing or self.doubled or self.unknown or self.wrong_orders)

    @property
    def lost(self) -> int:
        """Acknowledged transactions that left no trace, and orders whose last change is gone."""
        return len(self.missing) + len(self.wrong_orders)


def reconcile(configuration: WriterConfiguration, serving: str) -> Reconciliation:
    """Compares journal and result of a stopped writer with the side (``source`` or ``target``) that serves."""
    journal = read_journal(configuration.journal)
    result = json.loads(configuration.result.read_text())
    address = configuration.source if serving == "source" else configuration.target
    tokens, orders = read_side(address)
    found = Reconciliation(acknowledged=len(journal.acknowledged))
    counts = Counter(tokens)
    found.missing = sorted(token for token in journal.acknowledged if token not in counts)
    found.doubled = sorted(token for token, count in counts.items() if count > 1)
    found.unknown = sorted(token for token in counts if token not in journal.attempted)
    for values in result["own_orders"]:
        expected = _from_json(values)
        actual = orders.get(expected.id)
        found.orders_compared += 1
        if actual != expected:
            found.wrong_orders.append(f"order {expected.id}: acknowledged {expected}, found {actual}")
    for order_id in result["deleted_orders"]:
        found.orders_compared += 1
        if order_id in orders:
            found.wrong_orders.append(f"order {order_id} was deleted, found {orders[order_id]}")
    return found


def read_side(address: Address) -> tuple[list[str], dict[int, OwnOrder]]:
    """Every token of the application on one side, and every order by id."""

    def work(side: Side, cursor: Cursor) -> tuple[list[str], dict[int, OwnOrder]]:
        cursor.execute("SELECT token FROM order_event WHERE token LIKE %s", (f"{TOKEN_PREFIX}%",))
        tokens = [str(token) for (token,) in cursor.fetchall()]
        cursor.execute("SELECT order_id, line, quantity FROM order_line")
        lines: dict[int, dict[int, int]] = {}
        for order_id, line, quantity in cursor.fetchall():
            lines.setdefault(order_id, {})[line] = quantity
        cursor.execute("SELECT id, state, total, greeting, is_gift, version, placed_at FROM orders")
        orders = {row[0]: own_order(row[0], row[1:], lines.get(row[0], {})) for row in cursor.fetchall()}
        return tokens, orders

    side = open_side(address)
    try:
        return side.run(work)
    finally:
        side.close()


def _from_json(values: dict[str, Any]) -> OwnOrder:
    return OwnOrder(
        **{
            **values,
            "total": Decimal(values["total"]),
            "placed_at": datetime.fromisoformat(values["placed_at"]),
            "lines": {int(line): quantity for line, quantity in values["lines"].items()},
        }
    )
