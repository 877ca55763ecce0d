"""What the shop's application does: each transaction picks its values first, so that it can be tried again unchanged.

Every one writes its token into ``order_event``. What the database must hold afterwards of the writer's own orders is
kept in ``OwnOrder``; only the thread that placed an order ever changes it.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.nasty_values import JSON_TEXTS, TEXTS
from demo.writer.journal import TOKEN_PREFIX
from demo.writer.sides import Cursor, Side

NEXT_STATE = {"new": "paid", "paid": "packed", "packed": "shipped", "shipped": "returned"}


class WrongResult(Exception):
    """The database holds something else than what it acknowledged."""


@dataclass(frozen=True)
class OwnOrder:
    """An order of ours as the database must show it."""

    id: int
    state: str
    total: Decimal
    greeting: str | None
    is_gift: bool
    version: int
    placed_at: datetime
    lines: dict[int, int]
    """line number → quantity"""


@dataclass
class Memory:
    """What one thread knows to be in the database."""

    orders: dict[int, OwnOrder] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    customers: list[tuple[int, int]] = field(default_factory=list)
    """(customer, address)"""
    reviews: list[int] = field(default_factory=list)
    rate_days: list[date] = field(default_factory=list)
    rates_published: int = 0


@dataclass(frozen=True)
class Limits:
    """The highest ids of what was there before the writer came."""

    customers: int
    products: int


@dataclass(frozen=True)
class Transaction:
    """One unit of work, the same on either side."""

    kind: str
    token: str
    work: Callable[[Side, Cursor, Transaction], int | None]
    """Runs the statements; gives the id of the row that the database numbered."""
    remember: Callable[[int], None]
    """Told once the commit was acknowledged (0 when nothing was numbered)."""

    def __call__(self, side: Side, cursor: Cursor) -> int:
        made = self.work(side, cursor, self)
        side.insert(
            cursor,
            "order_event",
            token=self.token,
            order_id=made,
            kind=self.kind,
            detail=json.dumps({"side": side.address.engine}),
            happened_at=now(),
        )
        return made or 0


def now() -> datetime:
    """UTC without a zone, as the shop stores it."""
    return datetime.now(UTC).replace(tzinfo=None)


class ShopApplication:
    """Chooses what one thread does next."""

    def __init__(self, thread: int, limits: Limits, seed: int) -> None:
        self.random = random.Random(seed * 1000 + thread)
        self.thread = thread
        self.limits = limits
        self.memory = Memory()

    def next_transaction(self) -> Transaction:
        """The next transaction, its values chosen."""
        choices: list[tuple[int, bool, Callable[[], Transaction]]] = [
            (28, True, self.place_order),
            (24, bool(self.memory.orders), self.change_order),
            (8, bool(self.memory.orders), self.change_lines),
            (8, len(self.memory.orders) > 20, self.delete_order),
            (6, True, self.register_customer),
            (4, bool(self.memory.customers), self.move_house),
            (6, True, self.edit_customer),
            (4, True, self.write_review),
            (2, bool(self.memory.reviews), self.delete_review),
            (7, True, self.take_stock),
            (3, True, self.publish_rate),
        ]
        possible = [(weight, make) for weight, can, make in choices if can]
        (make,) = self.random.choices([m for _, m in possible], weights=[w for w, _ in possible])
        return make()

    def _new(
        self,
        kind: str,
        work: Callable[[Side, Cursor, Transaction], int | None],
        remember: Callable[[int], None] = lambda made: None,
    ) -> Transaction:
        return Transaction(kind, f"{TOKEN_PREFIX}{uuid.UUID(int=self.random.getrandbits(128)).hex}", work, remember)

    def _take_order(self) -> OwnOrder:
        """An order of ours, no longer remembered until its change is acknowledged."""
        return self.memory.orders.pop(self.random.choice(list(self.memory.orders)[-300:]))

    def _money(self) -> Decimal:
        return Decimal(self.random.randrange(1, 90000)) / 100

    # --- orders -------------------------------------------------------------------------------------------

    def place_order(self) -> Transaction:
        order = OwnOrder(
            id=0,
            state="new",
            total=self._money(),
            greeting=self.random.choice([None, *(text[:500] for text in TEXTS)]),
            is_gift=self.random.random() < 0.3,
            version=1,
            placed_at=now(),
            lines={line: self.random.randrange(1, 10) for line in range(1, self.random.randrange(2, 5))},
        )
        customer = self.random.randrange(1, self.limits.customers + 1)
        products = [self.random.randrange(1, self.limits.products + 1) for _ in order.lines]
        price, pays = self._money(), self.random.random() < 0.6
        paid_at, fingerprint = now(), self.random.randbytes(15) + b"\x00"

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> int:
            made = side.insert_numbered(
                cursor,
                "orders",
                customer_id=customer,
                state=order.state,
                total=order.total,
                is_gift=side.boolean(order.is_gift),
                greeting=order.greeting,
                version=order.version,
                placed_at=order.placed_at,
            )
            for (line, quantity), product in zip(order.lines.items(), products, strict=True):
                side.insert(
                    cursor,
                    "order_line",
                    order_id=made,
                    line=line,
                    product_id=product,
                    quantity=quantity,
                    unit_price=price,
                )
            if pays:
                side.insert(
                    cursor,
                    "payment",
                    order_id=made,
                    method="gift card",
                    amount=order.total,
                    fee=0.5,
                    reference=2**64 - made,
                    card_fingerprint=fingerprint,
                    gateway_answer=JSON_TEXTS[made % len(JSON_TEXTS)],
                    paid_at=paid_at,
                )
            return made

        def remember(made: int) -> None:
            self.memory.orders[made] = replace(order, id=made)

        return self._new("place_order", work, remember)

    def change_order(self) -> Transaction:
        order = self._take_order()
        after = replace(
            order,
            state=NEXT_STATE.get(order.state, "new"),
            greeting=self.random.choice([None, *(text[:500] for text in TEXTS)]),
            is_gift=not order.is_gift,
            version=order.version + 1,
        )

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            cursor.execute(
                "UPDATE orders SET state = %s, greeting = %s, is_gift = %s, version = %s"
                " WHERE id = %s AND version = %s",
                (after.state, after.greeting, side.boolean(after.is_gift), after.version, order.id, order.version),
            )
            expect_one(cursor, f"order {order.id} of version {order.version}")

        return self._new("change_order", work, lambda made: self._keep(after))

    def change_lines(self) -> Transaction:
        order = self._take_order()
        first, quantity = min(order.lines), self.random.randrange(1, 100)
        # A changed key, and a new row where the old one was.
        moved, product, total = first + 100, self.random.randrange(1, self.limits.products + 1), self._money()
        lines = {**{moved if line == first else line: q for line, q in order.lines.items()}, first: quantity}
        after = replace(order, lines=lines, total=total, version=order.version + 1)
        if moved in order.lines:
            after = replace(order, lines={**order.lines, first: quantity}, total=total, version=order.version + 1)

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            if moved in order.lines:
                cursor.execute(
                    "UPDATE order_line SET quantity = %s WHERE order_id = %s AND line = %s", (quantity, order.id, first)
                )
            else:
                cursor.execute(
                    "UPDATE order_line SET line = %s WHERE order_id = %s AND line = %s", (moved, order.id, first)
                )
                expect_one(cursor, f"line {first} of order {order.id}")
                side.insert(
                    cursor,
                    "order_line",
                    order_id=order.id,
                    line=first,
                    product_id=product,
                    quantity=quantity,
                    unit_price=total,
                )
            cursor.execute(
                "UPDATE orders SET total = %s, version = %s WHERE id = %s AND version = %s",
                (total, after.version, order.id, order.version),
            )
            expect_one(cursor, f"order {order.id} of version {order.version}")

        return self._new("change_lines", work, lambda made: self._keep(after))

    def delete_order(self) -> Transaction:
        order = self._take_order()

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            # Lines and payments go with it: ON DELETE CASCADE.
            cursor.execute("DELETE FROM orders WHERE id = %s AND version = %s", (order.id, order.version))
            expect_one(cursor, f"order {order.id} of version {order.version}")

        return self._new("delete_order", work, lambda made: self.memory.deleted.add(order.id))

    def _keep(self, order: OwnOrder) -> None:
        self.memory.orders[order.id] = order

    # --- the rest -----------------------------------------------------------------------------------------

    def register_customer(self) -> Transaction:
        public_id = self.random.randbytes(14) + b"\x00\x00"
        name, created_at = self.random.choice(TEXTS)[:120], now()
        addresses: list[int] = [0]

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> int:
            made = side.insert_numbered(
                cursor,
                "customer",
                public_id=public_id,
                email=f"{public_id.hex()}@example.com",
                name=name,
                is_company=side.boolean(False),
                interests="garden,music",
                preferences=JSON_TEXTS[8],
                created_at=created_at,
            )
            addresses[0] = side.insert_numbered(
                cursor, "address", customer_id=made, street=name or "none", city="Zürich", country="CH"
            )
            cursor.execute("UPDATE customer SET default_address_id = %s WHERE id = %s", (addresses[0], made))
            return made

        def remember(made: int) -> None:
            if addresses[0]:
                self.memory.customers.append((made, addresses[0]))

        return self._new("register_customer", work, remember)

    def move_house(self) -> Transaction:
        customer, address = self.memory.customers.pop(self.random.randrange(len(self.memory.customers)))

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            # The customer's default address goes with it: ON DELETE SET NULL.
            cursor.execute("DELETE FROM address WHERE id = %s AND customer_id = %s", (address, customer))
            expect_one(cursor, f"address {address}")

        return self._new("move_house", work)

    def edit_customer(self) -> Transaction:
        customer = self.random.randrange(1, self.limits.customers + 1)
        note, mail = self.random.choice([None, *TEXTS]), self.random.choice([None, True, False])
        preferences, born_on = self.random.choice(JSON_TEXTS), date(1950, 1, 1) + timedelta(days=customer)

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            cursor.execute(
                "UPDATE customer SET note = %s, accepts_mail = %s, preferences = %s, born_on = %s WHERE id = %s",
                (note, None if mail is None else side.boolean(mail), preferences, born_on, customer),
            )

        return self._new("edit_customer", work)

    def write_review(self) -> Transaction:
        values: dict[str, Any] = {
            "product_id": self.random.randrange(1, self.limits.products + 1),
            "customer_id": self.random.randrange(1, self.limits.customers + 1),
            "stars": self.random.randrange(1, 6),
            "title": "Très bien – 5 €",
            "body": self.random.choice(TEXTS),
            "written_at": now().replace(microsecond=123000),
        }

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> int:
            return side.insert_numbered(cursor, "review", **values)

        def remember(made: int) -> None:
            if made:
                self.memory.reviews.append(made)

        return self._new("write_review", work, remember)

    def delete_review(self) -> Transaction:
        review = self.memory.reviews.pop(self.random.randrange(len(self.memory.reviews)))

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            cursor.execute("DELETE FROM review WHERE id = %s", (review,))
            expect_one(cursor, f"review {review}")

        return self._new("delete_review", work)

    def take_stock(self) -> Transaction:
        product, warehouse = self.random.randrange(1, self.limits.products + 1), self.random.choice([-1, 1, 2])

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            cursor.execute(
                "UPDATE stock SET quantity = quantity - 1 WHERE product_id = %s AND warehouse = %s AND quantity > 0",
                (product, warehouse),
            )

        return self._new("take_stock", work)

    def publish_rate(self) -> Transaction:
        """Inserts, moves (the key changes) and deletes in the table that has no primary key."""
        memory, currency = self.memory, f"X{self.thread:02}"
        day = date(2030, 1, 1) + timedelta(days=memory.rates_published)
        memory.rates_published += 1
        rate = Decimal(self.random.randrange(10**10)) / 10**8
        old = memory.rate_days.pop(0) if len(memory.rate_days) > 5 else None
        deletes = self.random.random() < 0.5

        def work(side: Side, cursor: Cursor, transaction: Transaction) -> None:
            if old is None:
                side.insert(cursor, "exchange_rate", currency=currency, valid_on=day, rate=rate, source="")
            elif deletes:
                cursor.execute("DELETE FROM exchange_rate WHERE currency = %s AND valid_on = %s", (currency, old))
                expect_one(cursor, f"rate {currency} of {old}")
            else:
                cursor.execute(
                    "UPDATE exchange_rate SET valid_on = %s, rate = %s WHERE currency = %s AND valid_on = %s",
                    (day, rate, currency, old),
                )
                expect_one(cursor, f"rate {currency} of {old}")

        def remember(made: int) -> None:
            if old is None or not deletes:
                memory.rate_days.append(day)

        return self._new("publish_rate", work, remember)


def expect_one(cursor: Cursor, what: str) -> None:
    """Raises ``WrongResult`` unless the statement matched one row."""
    if cursor.rowcount != 1:
        raise WrongResult(f"{what} is not there any more: {cursor.rowcount} rows matched.")
