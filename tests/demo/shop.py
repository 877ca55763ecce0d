"""Creates the sample shop in MariaDB or MySQL and fills it with as many rows as asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from demo.shop_data import ShopData
from fixtures.servers import Database

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "include" / "databases" / "shop"
SCHEMA = FOLDER / "schema.mysql.sql"

TABLES = (
    "category",
    "supplier",
    "product",
    "stock",
    "customer",
    "address",
    "orders",
    "order_line",
    "payment",
    "review",
    "exchange_rate",
    "order_event",
)

BATCH = 2000

COLUMNS = {
    "category": "id, parent_id, name, slug, position",
    "supplier": "id, name, terms, country, founded, opens_at, time_zone_shift, rating, delivers_on",
    "product": "id, category_id, supplier_id, sku, title, description, price, tax_rate, weight_kg, popularity, flags,"
    " attributes, thumbnail, is_listed, listed_on",
    "stock": "product_id, warehouse, quantity, reorder_at, shelf_life, counted_at",
    "customer": "id, public_id, email, name, born_on, is_company, accepts_mail, credit_limit, interests, preferences,"
    " note, default_address_id, created_at, updated_at",
    "address": "id, customer_id, kind, street, city, postcode, country",
    "orders": "id, customer_id, shipping_address_id, state, total, currency, is_gift, greeting, version, placed_at,"
    " shipped_at",
    "order_line": "order_id, line, product_id, quantity, unit_price, discount, wrapping",
    "payment": "id, order_id, method, amount, fee, reference, card_fingerprint, gateway_answer, receipt, paid_at",
    "review": "id, product_id, customer_id, stars, title, body, helpful, written_at",
    "exchange_rate": "currency, valid_on, rate, source",
    "order_event": "id, token, order_id, kind, detail, happened_at",
}


def build_shop(database: Database, *, rows: int = 200_000, seed: int = 7) -> dict[str, int]:
    """Creates the shop's tables in an empty MariaDB or MySQL database and fills them; rows by table."""
    database.load(SCHEMA)
    data = ShopData(rows, seed)
    counts = {}
    connection = database.connect(autocommit=False)
    try:
        cursor = connection.cursor()
        cursor.max_stmt_length = 4 * 1024 * 1024
        cursor.execute("SET time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0")
        for table in TABLES:
            columns = COLUMNS[table]
            values = ", ".join(["%s"] * len(columns.split(",")))
            counts[table] = 0
            for batch in _batches(getattr(data, table)()):
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", batch)
                counts[table] += len(batch)
            connection.commit()
    finally:
        connection.close()
    database.execute(f"ANALYZE TABLE {', '.join(TABLES)}")
    return counts


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
