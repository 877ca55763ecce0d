"""Mapped rows and columns: the copy, the log and the checksums say the same, there and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from database_migration.errors import ValueRefused
from database_migration.ledger import Positions, install
from database_migration.model.migration_state import Direction, Side
from database_migration.steps.cutover.final_check import compare_touched, count_differences
from database_migration.steps.replicate import BackgroundApplier, TouchedRows, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables, differences
from integration.mapped import ARRIVED, ORDERS, SPEC, mapped_run, rows, write
from integration.test_replicate import QUICK, capturing

WAYS = [("mariadb", "postgres"), ("postgres", "mysql"), ("mysql", "mariadb")]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run of mapped tables, captured and copied."""
    servers = [request.getfixturevalue(name) for name in request.param]
    with capturing(mapped_run(make_run, *servers, SPEC)) as run:
        create_tables(run)
        start_capture(run, QUICK)
        copy_all(run)
        replicate(run, QUICK, until=Until.COPY_END)
        create_keys(run)
        yield run


def test_there_and_back(run: MigrationRun) -> None:
    copy_log_and_checksums_say_the_same(run)
    the_way_back_restores_what_has_one(run)


def copy_log_and_checksums_say_the_same(run: MigrationRun) -> None:
    assert rows(run, ORDERS) == ARRIVED
    assert differences(run) == (7, 0, 0)
    masked = rows(run, "SELECT email, name, phone, born, token FROM customer ORDER BY id")
    assert [str(row[0]).endswith("@example.com") for row in masked] == [True, True, True]
    assert len({row[0] for row in masked}) == 3
    assert [row[2] for row in masked] == ["******6789", "**", None]
    assert [str(row[3])[:10] if row[3] else None for row in masked] == ["1980-01-01", None, "2001-01-01"]
    assert (masked[0][4], masked[1][4]) == (masked[2][4], None)
    assert masked[0][1] != "Ann"
    long = "x" * 5000
    write(
        run,
        "UPDATE orders SET created_at = '2021-01-01' WHERE id = 1",  # comes to take part
        "UPDATE orders SET created_at = '2001-01-01' WHERE id = 3",  # ceases to
        f"INSERT INTO orders (id, customer_id, state, currency, amount, created_at, note, legacy, level)"
        f" VALUES (10, 3, 'N', 'USD', 5, '2022-01-01', '{long}', 1, 2)",
        "INSERT INTO orders (id, state, amount, created_at, legacy, level) VALUES (11, 'N', 5, '2002-01-01', 1, 2)",
        "UPDATE orders SET state = 'D', currency = 'EUR', amount = 6 WHERE id = 10",
        "UPDATE orders SET id = 12 WHERE id = 2",
        "UPDATE orders SET note = 'still outside' WHERE id = 11",
        "DELETE FROM orders WHERE id = 4",
        "INSERT INTO customer (id, email, name) VALUES (4, 'dan@corp.example', 'Dan')",
        "UPDATE customer SET email = 'eve@corp.example' WHERE id = 2",
    )
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert rows(run, ORDERS) == [
        (1, "new", 1, "old", 10, "eu", "2.50"),
        (10, "done", 1, long, 20, "eu", "12.00"),
        (12, "paid", 2, "naïve ☃", 20, "eu", "5.00"),
    ]
    with BackgroundApplier(run, QUICK, Direction.FORWARD, wait=5):
        assert differences(run) == (9, 0, 0)


def the_way_back_restores_what_has_one(run: MigrationRun) -> None:
    with run.source.connect("reverse") as session, run.ledger() as ledger:
        install(session, run.source.engine.traits.engine)
        position = run.target.change_log.start(run.log_name, run.target.schema, ["sales_order", "customer", "currency"])
        Positions(session, run.migration, ledger.epoch).begin(Direction.REVERSE, position)
        ledger.runs.replicate(Direction.REVERSE)
        ledger.runs.serve_from(Side.TARGET)
    before = rows(run, "SELECT email, name, phone, token FROM customer WHERE id = 1", back=True)
    touched = TouchedRows()
    with BackgroundApplier(run, QUICK, Direction.REVERSE, touched=touched) as applier:
        write(
            run,
            "UPDATE sales_order SET status = 'done', double_amount = 99, level = 10, note = 'back' WHERE id = 12",
            "UPDATE sales_order SET created_at = '2000-01-01' WHERE id = 10",  # ceases to take part
            "UPDATE sales_order SET note = 'again' WHERE id = 10",
            "INSERT INTO sales_order (id, customer_id, status, amount, created_at, level)"
            " VALUES (50, 1, 'paid', 7, '2003-01-01', 20), (51, 1, 'paid', 8, '2003-01-01', 5)",
            "DELETE FROM sales_order WHERE id = 51",
            "UPDATE customer SET phone = '99999' WHERE id = 1",
            "INSERT INTO customer (id, email, name) VALUES (60, 'new@corp.example', 'New')",
            back=True,
        )
        applier.catch_up(timeout=15)
    sql = "SELECT id, state, currency, amount, note, legacy, level FROM orders ORDER BY id"
    assert rows(run, sql, back=True) == [
        (1, "N", "EUR", "1.25", "old", 1, 1),
        (3, "D", None, "3.75", None, 3, 3),
        (10, "D", "EUR", "6.00", "again", 1, 2),
        (11, "N", None, "5.00", "still outside", 1, 2),
        (12, "D", "USD", "2.50", "back", 2, 1),
        (50, "P", None, "7.00", None, 7, 2),
    ]
    assert rows(run, "SELECT email, name, phone, token FROM customer WHERE id = 1", back=True) == before
    assert rows(run, "SELECT email, name FROM customer WHERE id = 60", back=True) == [("new@corp.example", "New")]
    assert compare_touched(run, touched, Side.TARGET) == (6, [])
    assert count_differences(run, written_back=True)[1] == []
    assert differences(run)[1:] == (0, 0)
    refused = pytest.raises(ValueRefused, match="does not lead back to the source")
    with refused, BackgroundApplier(run, QUICK, Direction.REVERSE, wait=5) as applier:
        write(run, "UPDATE sales_order SET level = 1 WHERE id = 12", back=True)
        applier.catch_up(timeout=15)
    write(run, "UPDATE sales_order SET level = 20 WHERE id = 12", back=True)
    with BackgroundApplier(run, QUICK, Direction.REVERSE, wait=5) as applier:
        applier.catch_up(timeout=15)
    assert rows(run, "SELECT level FROM orders WHERE id = 12", back=True) == [(2,)]
    refused = pytest.raises(ValueRefused, match="the key 11 of a row of the source that does not take part")
    insert = "INSERT INTO sales_order (id, status, amount, created_at, level) VALUES (11, 'new', 1, '2023-01-01', 3)"
    with refused, BackgroundApplier(run, QUICK, Direction.REVERSE, wait=5) as applier:
        write(run, insert, back=True)
        applier.catch_up(timeout=15)
    assert rows(run, "SELECT note FROM orders WHERE id = 11", back=True) == [("still outside",)]
