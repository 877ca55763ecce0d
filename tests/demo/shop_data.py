"""The sample shop's rows: the same for the same seed, awkward values among plain ones."""

from __future__ import annotations

import json
import random
import struct
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from demo import nasty_values as nasty

#: Before this every generated order was placed; the writer's own come after it.
NOW = datetime(2025, 6, 1)

_WORDS = [
    "lamp",
    "table",
    "chair",
    "rug",
    "vase",
    "clock",
    "mirror",
    "shelf",
    "basket",
    "candle",
    "cushion",
    "drawer",
    "kettle",
    "teapot",
    "garden",
    "oak",
]
_FIRST = [
    "Ada",
    "Björn",
    "Chloé",
    "Dmitri",
    "Émile",
    "Fatima",
    "Grace",
    "Håkon",
    "Ines",
    "José",
    "Khadija",
    "Łukasz",
    "Mina",
    "Noël",
    "Olga",
    "Zoë",
]
_LAST = [
    "Ångström",
    "Brontë",
    "Curie",
    "Dvořák",
    "Euler",
    "Franklin",
    "Gauß",
    "Hopper",
    "Iqbal",
    "Jørgensen",
    "Kovács",
    "Müller",
    "Noether",
]
_CITIES = [
    "Aarhus",
    "Berlin",
    "Coruña",
    "Dublin",
    "Évora",
    "Firenze",
    "Göteborg",
    "Helsinki",
    "Kraków",
    "Lyon",
    "Malmö",
    "Zürich",
]
_COUNTRIES = ["DE", "FR", "IT", "ES", "PT", "PL", "SE", "DK", "FI", "IE", "CH", "AT"]
_CURRENCIES = ["USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "JPY"]
_LANGUAGES = ["de", "en", "es", "fr", "it", "pl", "sv"]


class ShopData:
    """The shop's rows, table by table; sizes follow from the total asked for."""

    def __init__(self, rows: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.categories = 60
        self.suppliers = 200
        self.products = max(60, rows // 50)
        self.customers = max(50, rows // 10)
        self.addresses = max(60, rows * 12 // 100)
        self.order_count = max(100, rows * 18 // 100)
        self.payments = max(50, rows * 12 // 100)
        self.reviews = max(50, rows * 3 // 100)
        self.rates = 600
        fixed = self.categories + self.suppliers + self.products * 4 + self.customers + self.addresses
        fixed += self.order_count * 3 + self.payments + self.reviews + self.rates
        self.events = max(100, rows - fixed)

    # --- ingredients --------------------------------------------------------------------------------------

    def _sometimes(self, values: list[Any], otherwise: Callable[[], Any], *, one_in: int = 20) -> Any:
        return self.random.choice(values) if self.random.randrange(one_in) == 0 else otherwise()

    def _words(self, count: int) -> str:
        return " ".join(self.random.choices(_WORDS, k=count))

    def _instant(self, years: int = 4) -> datetime:
        return NOW - timedelta(microseconds=self.random.randrange(years * 365 * 86_400_000_000))

    def _day(self) -> date:
        return date(1930, 1, 1) + timedelta(days=self.random.randrange(28_000))

    def _money(self, most: int) -> Decimal:
        return Decimal(self.random.randrange(most * 100)) / 100

    def _float(self) -> float:
        """A number that 32 bits hold exactly."""
        return struct.unpack("f", struct.pack("f", self.random.uniform(0, 50)))[0]

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.random.getrandbits(128), version=4)

    def _preferences(self) -> str:
        return json.dumps(
            {
                "language": self.random.choice(_LANGUAGES),
                "newsletter": self.random.random() < 0.5,
                "sizes": [self.random.randrange(34, 48), round(self.random.random(), 3)],
            }
        )

    # --- tables -------------------------------------------------------------------------------------------

    def category(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.categories + 1):
            name = nasty.TEXTS[number % len(nasty.TEXTS)][:80] if number % 7 == 0 else self._words(2).title()
            yield number, None if number <= 6 else self.random.randrange(1, number), name, f"c-{number}", number % 256

    def supplier(self) -> Iterator[tuple[Any, ...]]:
        days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        for number in range(1, self.suppliers + 1):
            yield (
                number,
                self._sometimes(nasty.LATIN1_TEXTS, lambda: f"{self.random.choice(_LAST[:9])} & Söhne")[:120]
                .encode("cp1252", "replace")
                .decode("cp1252"),
                self.random.choice([None, *nasty.LATIN1_TEXTS]),
                self.random.choice(_COUNTRIES),
                self._sometimes([None, *nasty.YEARS], lambda: self.random.randrange(1901, 2024)),
                self._sometimes([None], lambda: f"{self.random.randrange(6, 11):02}:30:00"),
                self.random.choice([None, *nasty.TIMES]),
                self._sometimes([None, *nasty.DOUBLES], lambda: self.random.uniform(0, 5), one_in=3),
                ",".join(day for day in days if self.random.random() < 0.6),
            )

    def product(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.products + 1):
            yield (
                number,
                self.random.randrange(1, self.categories + 1),
                self.random.randrange(1, self.suppliers + 1),
                f"SKU-{number:07}",
                self._sometimes(nasty.TEXTS, lambda: self._words(3))[:200],
                self._sometimes([None, *nasty.TEXTS], lambda: self._words(30), one_in=4),
                self._sometimes([Decimal("0.00"), Decimal("99999999.99")], lambda: self._money(500), one_in=200),
                self.random.choice([Decimal("0.2000"), Decimal("0.0550"), Decimal("0.0000"), Decimal("0.0725")]),
                self._sometimes([None, *nasty.FLOATS], self._float, one_in=10),
                self._sometimes([None, *nasty.DOUBLES], self.random.random, one_in=10),
                self.random.randrange(256),
                self._sometimes([None, *nasty.JSON_TEXTS], self._preferences, one_in=5),
                self._sometimes([None, *nasty.BLOBS], lambda: self.random.randbytes(60), one_in=5),
                int(self.random.random() < 0.9),
                self._sometimes([None, *nasty.DATES], self._day),
            )

    def stock(self) -> Iterator[tuple[Any, ...]]:
        for product in range(1, self.products + 1):
            for warehouse in (-1, 1, 2):
                yield (
                    product,
                    warehouse,
                    self._sometimes(nasty.UNSIGNED_32, lambda: self.random.randrange(500), one_in=50),
                    self._sometimes([None, *nasty.UNSIGNED_24], lambda: self.random.randrange(60)),
                    self._sometimes([None, *nasty.TIMES], lambda: f"{self.random.randrange(800)}:00:00", one_in=5),
                    self._sometimes(nasty.TIMESTAMPS, self._instant).replace(microsecond=0),
                )

    def customer(self) -> Iterator[tuple[Any, ...]]:
        interests = ["books", "garden", "music", "sport", "tools"]
        for number in range(1, self.customers + 1):
            first, last = self.random.choice(_FIRST), self.random.choice(_LAST)
            yield (
                number,
                nasty.BINARY_16[number - 1] if number <= len(nasty.BINARY_16) else self._uuid().bytes,
                f"customer{number}@example.com",
                self._sometimes(nasty.TEXTS, lambda: f"{first} {last}")[:120],  # noqa: B023  (called at once)
                self._sometimes([None, *nasty.DATES], self._day),
                int(self.random.random() < 0.1),
                self.random.choice([None, 0, 1]),
                self._sometimes([Decimal("-9999999999.99"), Decimal("9999999999.99")], lambda: self._money(9000)),
                ",".join(word for word in interests if self.random.random() < 0.3),
                self._sometimes([None], self._preferences, one_in=4),
                self.random.choice([None, None, None, *nasty.TEXTS]),
                (number if number <= self.addresses else None) if number % 5 else None,
                self._sometimes(nasty.DATETIMES, self._instant, one_in=500),
                self._instant().replace(microsecond=0),
            )

    def address(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.addresses + 1):
            yield (
                number,
                number if number <= self.customers else self.random.randrange(1, self.customers + 1),
                self.random.choice(["billing", "shipping", "pick-up point"]),
                self._sometimes(nasty.TEXTS, lambda: f"{self.random.randrange(200)} {self._words(1)} street")[:200],
                self.random.choice(_CITIES),
                self._sometimes([""], lambda: f"{self.random.randrange(100000):05}"),
                self.random.choice(_COUNTRIES),
            )

    def orders(self) -> Iterator[tuple[Any, ...]]:
        states = ["new", "paid", "packed", "shipped", "shipped", "shipped", "returned", "cancelled"]
        for number in range(1, self.order_count + 1):
            state, placed = self.random.choice(states), self._instant()
            yield (
                number,
                self.random.randrange(1, self.customers + 1),
                self.random.choice([None, self.random.randrange(1, self.addresses + 1)]),
                state,
                self._sometimes([Decimal("-0.01"), Decimal("999999999999.99")], lambda: self._money(900), one_in=1000),
                "EUR",
                int(self.random.random() < 0.2),
                self._sometimes(nasty.TEXTS, lambda: None, one_in=5) and self.random.choice(nasty.TEXTS)[:500],
                self.random.randrange(1, 9),
                placed,
                placed + timedelta(hours=30, microseconds=1) if state in ("shipped", "returned") else None,
            )

    def order_line(self) -> Iterator[tuple[Any, ...]]:
        for order in range(1, self.order_count + 1):
            for line in range(1, 2 + order % 3):
                yield (
                    order,
                    line,
                    self.random.randrange(1, self.products + 1),
                    self.random.randrange(1, 10),
                    self._money(500),
                    self.random.choice([0.0, 0.05, 0.1, -0.0]),
                    self.random.choice([None, None, "", "gold 🎁"]),
                )

    def payment(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.payments + 1):
            yield (
                number,
                self.random.randrange(1, self.order_count + 1),
                self.random.choice(["card", "transfer", "invoice", "gift card"]),
                self._money(900),
                self._sometimes(nasty.FLOATS, self._float),
                self._sometimes([None, *nasty.UNSIGNED_64], lambda: self.random.getrandbits(63), one_in=5),
                self._sometimes([None, *nasty.BINARY_16], lambda: self.random.randbytes(16), one_in=4),
                self._sometimes(nasty.JSON_TEXTS, lambda: None, one_in=3),
                self._sometimes(nasty.BLOBS, lambda: None, one_in=5),
                self._sometimes([None, *nasty.TIMESTAMPS], self._instant, one_in=10),
            )

    def review(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.reviews + 1):
            written = self._instant()
            yield (
                number,
                self.random.randrange(1, self.products + 1),
                self.random.randrange(1, self.customers + 1),
                self.random.randrange(1, 6),
                self.random.choice(nasty.LATIN1_TEXTS),
                self._sometimes([None, *nasty.TEXTS], lambda: self._words(20), one_in=4),
                self.random.choice([-(2**31), 2**31 - 1, *range(20)]),
                written.replace(microsecond=written.microsecond // 1000 * 1000),
            )

    def exchange_rate(self) -> Iterator[tuple[Any, ...]]:
        for number in range(self.rates):
            yield (
                _CURRENCIES[number % len(_CURRENCIES)],
                date(2025, 1, 1) + timedelta(days=number // len(_CURRENCIES)),
                Decimal(self.random.randrange(1, 10**12)) / 10**8,
                self.random.choice([None, "", "central bank"]),
            )

    def order_event(self) -> Iterator[tuple[Any, ...]]:
        for number in range(1, self.events + 1):
            yield (
                number,
                str(self._uuid()),
                self._sometimes([None], lambda: self.random.randrange(1, self.order_count + 1)),
                self.random.choice(["placed", "paid", "shipped", "viewed"]),
                self._sometimes([None, *nasty.JSON_TEXTS], lambda: '{"source": "web"}', one_in=5),
                self._instant(),
            )
