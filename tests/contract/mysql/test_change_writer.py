"""Applied changes end in the same rows however often they come, and never in the log of our own capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.change_writer import MySQLChangeWriter
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Refused, ValueRefused, ValuesMissing
from database_migration.model.change import UNCHANGED, Change, Operation
from database_migration.model.table_selection import TablePair, TableSelection, pair_tables

WRITER = MySQLChangeWriter()


@pytest.fixture
def pairs(session: MySQLSession, endpoint: Endpoint) -> dict[str, TablePair]:
    session.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(20) COLLATE utf8mb4_general_ci UNIQUE, "
        "amount decimal(20,2))"
    )
    session.execute(
        "CREATE TABLE c (a varchar(10) COLLATE utf8mb4_general_ci, b datetime(6), note text, PRIMARY KEY (a, b))"
    )
    session.execute("CREATE TABLE nokey (a int)")
    schema = MySQLCatalog().read(session, endpoint.schema)
    return {pair.source.name: pair for pair in pair_tables(TableSelection(), schema, schema)}


def row(key: object, name: str | None = None, amount: str | None = None) -> dict[str, str | None]:
    return {"id": str(key), "name": name, "amount": amount}


def insert(image: dict[str, str | None], table: str = "t") -> Change:
    return Change(Operation.INSERT, table, after=image)


def update(before: dict[str, str | None], after: dict[str, object], table: str = "t") -> Change:
    return Change(Operation.UPDATE, table, before, after)  # type: ignore[arg-type]


def delete(image: dict[str, str | None], table: str = "t") -> Change:
    return Change(Operation.DELETE, table, before=image)


def apply(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair], *changes: Change) -> int:
    with session.transaction():
        return WRITER.apply(session, endpoint.schema, pairs, changes)


def rows(session: MySQLSession, table: str = "t") -> list[tuple[object, ...]]:
    return [
        tuple(None if v is None else str(v) for v in r) for r in session.execute(f"SELECT * FROM {table} ORDER BY 1")
    ]


def test_twice_is_once(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]) -> None:
    WRITER.prepare(session, "here")
    changes = [
        insert(row(1, "a", "1.50")),
        insert(row(2, "b")),
        update(row(1, "a", "1.50"), row(1, "é'\\%s", "9007199254740993.25")),
        update(row(2, "b"), row(20, "bb")),
        insert(row(3, "c")),
        delete(row(3, "c")),
        insert(row(9223372036854775807, "big")),
        insert(row(9223372036854775806, "bigger")),
        delete(row(9223372036854775806, "bigger")),
    ]
    expected = [
        ("1", "é'\\%s", "9007199254740993.25"),
        ("20", "bb", None),
        ("9223372036854775807", "big", None),
    ]
    for _ in range(3):
        apply(session, endpoint, pairs, *changes)
        assert rows(session) == expected


def test_an_update_of_what_is_missing_inserts(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    apply(session, endpoint, pairs, update(row(1, "a"), row(1, "b", "2.00")), delete(row(7)))
    assert rows(session) == [("1", "b", "2.00")]


def test_a_row_copied_under_both_keys_becomes_one(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    session.execute("INSERT INTO t VALUES (2, 'old', NULL), (3000, 'new', NULL)")
    apply(session, endpoint, pairs, update(row(2, "old"), row(3000, "new", "1.00")))
    assert rows(session) == [("3000", "new", "1.00")]


def test_unchanged_values_stay(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]) -> None:
    WRITER.prepare(session, "here")
    session.execute("INSERT INTO t VALUES (1, 'long text', NULL)")
    after = {"id": "1", "name": UNCHANGED, "amount": "3.00"}
    apply(session, endpoint, pairs, update({"id": "1"}, after))
    assert rows(session) == [("1", "long text", "3.00")]
    apply(session, endpoint, pairs, update({"id": "2", "name": "known", "amount": None}, {**after, "id": "2"}))
    assert rows(session) == [("1", "long text", "3.00"), ("2", "known", "3.00")]
    partial = update({"id": "5"}, {**after, "id": "5"})
    with pytest.raises(ValuesMissing) as caught:
        apply(session, endpoint, pairs, partial)
    assert caught.value.changes == (partial,)
    moved = update({"id": "1"}, {**after, "id": "5"})  # under 1 may be another row by now
    with pytest.raises(ValuesMissing):
        apply(session, endpoint, pairs, moved)


def test_a_conflict_on_another_key_is_told_and_undone(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    session.execute("INSERT INTO t VALUES (1, 'secret', NULL)")
    with pytest.raises(ValueRefused) as caught:
        apply(session, endpoint, pairs, insert(row(2, "x")), insert(row(3, "SECRET")), insert(row(4, "y")))
    assert "id = 3" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert rows(session) == [("1", "secret", None)]


def test_a_batch_never_writes_over_the_row_of_another_key(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    before = [("1", "first", None), ("2", "second", None)]
    session.execute("INSERT INTO t VALUES (1, 'first', NULL), (2, 'second', NULL)")
    for taken in (insert(row(3, "second")), update(row(1, "first"), row(1, "second"))):
        with pytest.raises(ValueRefused):
            apply(session, endpoint, pairs, insert(row(4, "x")), taken, insert(row(5, "y")))
        assert rows(session) == before


def test_a_batch_keeps_the_order_that_another_unique_key_needs(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    session.execute("INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL)")
    swap = [
        update(row(1, "a"), row(1, "between")),
        update(row(2, "b"), row(2, "a")),
        update(row(1, "between"), row(1, "b")),
        insert(row(3, "c")),
        delete(row(3, "c")),
        insert(row(4, "c")),
    ]
    apply(session, endpoint, pairs, *swap)
    assert rows(session) == [("1", "b", None), ("2", "a", None), ("4", "c", None)]


def test_a_batch_updates_and_inserts_and_leaves_other_columns_alone(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    session.execute("ALTER TABLE t ADD own int NOT NULL DEFAULT 7")
    session.execute("INSERT INTO t VALUES (1, 'a', NULL, 8)")
    apply(session, endpoint, pairs, *[update(row(n), row(n, f"name {n}", "0.10")) for n in range(1, 4)])
    assert rows(session) == [("1", "name 1", "0.10", "8"), ("2", "name 2", "0.10", "7"), ("3", "name 3", "0.10", "7")]


@pytest.mark.parametrize(
    "image", [row(1, "x" * 21), row(1, "a", "1.999"), row("18446744073709551615"), row(1, "a", "NaN")]
)
def test_a_value_that_does_not_fit_is_refused(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair], image: dict[str, str | None]
) -> None:
    WRITER.prepare(session, "here")
    with pytest.raises(ValueRefused):
        apply(session, endpoint, pairs, insert(image))
    session.execute("INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL)")
    with pytest.raises(ValueRefused):
        apply(session, endpoint, pairs, update(row(1, "a"), dict(image)))
    assert rows(session) == [("1", "a", None), ("2", "b", None)]


def test_times_and_octets_that_do_not_fit_are_refused(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE x (id int PRIMARY KEY, d datetime(3), b binary(2))")
    schema = MySQLCatalog().read(session, endpoint.schema)
    both = {pair.source.name: pair for pair in pair_tables(TableSelection(), schema, schema)}
    WRITER.prepare(session, "here")
    good = {"id": "1", "d": "2024-01-01 00:00:00.123000", "b": "6100"}
    apply(session, endpoint, both, insert(good, "x"))
    for wrong in ({**good, "d": "2024-01-01 00:00:00.123400"}, {**good, "b": "61"}):
        with pytest.raises(ValueRefused):
            apply(session, endpoint, both, update(good, wrong, "x"))
    apply(session, endpoint, both, update(good, {**good, "d": None, "b": None}, "x"))
    assert rows(session, "x") == [("1", None, None)]


FIRST = {"a": "ab", "b": "2024-01-01 00:00:00.000001", "note": "x"}


def from_exact_texts(pairs: dict[str, TablePair]) -> dict[str, TablePair]:
    """The pairs as they are where the side that is read tells every two texts apart."""
    pair = pairs["c"]
    exact = {"a": replace(pair.source.column("a"), collation="utf8mb4_bin")}
    columns = tuple(replace(one, source=exact.get(one.source.name, one.source)) for one in pair.columns)
    key = tuple(replace(one, source=exact.get(one.source.name, one.source)) for one in pair.row_key)
    return {"c": replace(pair, columns=columns, row_key=key)}


def test_rows_that_only_the_other_side_tells_apart_are_refused(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    WRITER.prepare(session, "here")
    exact = from_exact_texts(pairs)
    other = {**FIRST, "a": "AB"}
    apply(session, endpoint, exact, insert(FIRST, "c"))
    with pytest.raises(ValueRefused, match="a ignores case, accents, blanks at the end"):
        apply(session, endpoint, exact, insert(other, "c"))
    with pytest.raises(ValueRefused):
        apply(session, endpoint, exact, update({**FIRST, "a": "zz"}, other, "c"))
    apply(session, endpoint, exact, delete(other, "c"))
    apply(session, endpoint, exact, update(FIRST, {**FIRST, "note": None}, "c"))
    assert rows(session, "c") == [("ab", "2024-01-01 00:00:00.000001", None)]


@pytest.mark.parametrize("now", ["AB", "ab ", "äb"])
def test_a_key_that_changes_within_its_collation_is_one_row(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair], now: str
) -> None:
    WRITER.prepare(session, "here")
    changed = {**FIRST, "a": now, "note": "later"}
    history = [insert(FIRST, "c"), update(FIRST, {**FIRST, "note": "y"}, "c"), update(FIRST, changed, "c")]
    apply(session, endpoint, pairs, *history)
    expected = [(now, "2024-01-01 00:00:00.000001", "later")]
    assert rows(session, "c") == expected
    # Seen again by a copy of the end: each step meets the row under its last key.
    for change in history:
        apply(session, endpoint, pairs, change)
    assert rows(session, "c") == expected
    apply(session, endpoint, pairs, delete(changed, "c"))
    assert rows(session, "c") == []


def test_truncate(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]) -> None:
    WRITER.prepare(session, "here")
    apply(session, endpoint, pairs, insert(row(1)), Change(Operation.TRUNCATE, "t"), insert(row(2)))
    assert rows(session) == [("2", None, None)]


def test_a_table_without_key_is_refused(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]) -> None:
    WRITER.prepare(session, "here")
    with pytest.raises(Refused, match="key"):
        apply(session, endpoint, pairs, insert({"a": "1"}, "nokey"))


def test_our_writes_are_not_captured(
    session: MySQLSession, connect: Callable[[], MySQLSession], endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    log = MySQLChangeLog(endpoint)
    start = log.start("m", endpoint.schema, ["t"])
    theirs = connect()
    WRITER.prepare(session, "here")
    theirs.execute("INSERT INTO t VALUES (1, 'theirs', NULL)")
    apply(session, endpoint, pairs, insert(row(2, "ours")), Change(Operation.TRUNCATE, "c"))
    with session.transaction():
        session.execute("UPDATE t SET amount = 5 WHERE id = 2")
    theirs.execute("UPDATE t SET amount = 1 WHERE id = 2")
    found = [c for t in read_all(endpoint, start, formed(session, endpoint.schema, "t", "c")) for c in t.changes]
    assert [(c.operation, c.after and c.after["id"], c.after and c.after["amount"]) for c in found] == [
        (Operation.INSERT, "1", None),
        (Operation.UPDATE, "2", "1.00"),
    ]


def test_foreign_keys_neither_check_nor_act(
    session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]
) -> None:
    session.execute(
        "CREATE TABLE child (id int PRIMARY KEY, t bigint, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)"
    )
    schema = MySQLCatalog().read(session, endpoint.schema)
    both = {pair.source.name: pair for pair in pair_tables(TableSelection(), schema, schema)}
    WRITER.prepare(session, "here")
    apply(session, endpoint, both, insert({"id": "1", "t": "5"}, "child"), insert(row(5)), delete(row(5)))
    assert rows(session, "child") == [("1", "5")]


def test_matching(session: MySQLSession, endpoint: Endpoint, pairs: dict[str, TablePair]) -> None:
    session.execute("INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 2.5)")
    table = pairs["t"].target
    columns = pairs["t"].target_columns
    assert WRITER.matching(session, endpoint.schema, table, columns, {"name": "b"}) == [("2", "b", "2.50")]
    assert WRITER.matching(session, endpoint.schema, table, columns, {"name": "B"}) == [
        ("2", "b", "2.50")
    ]  # as a foreign key would
    assert WRITER.matching(session, endpoint.schema, table, columns[:1], {"amount": None}) == [("1",)]
    assert len(WRITER.matching(session, endpoint.schema, table, columns, {})) == 2
