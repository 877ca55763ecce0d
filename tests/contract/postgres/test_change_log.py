"""The change log: nothing lost, nothing twice, our own writes left out, changes of shape noticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract.postgres.pairs import SCHEMA, formed, pair_of
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.protocol import ChangeLog, Endpoint
from database_migration.errors import Interrupted, PositionLost, Refused, SourceChanged
from database_migration.model.change import UNCHANGED, Change, ChangeTransaction, Operation
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.key_range import KeyRange
from database_migration.model.log_position import LogPosition
from database_migration.model.schema import Table
from fixtures.servers import Database

MakeTable = Callable[[str], Table]
ALL_TYPES = """CREATE TABLE every (
    id bigint PRIMARY KEY, i smallint, n numeric(20,5), r real, d double precision, b boolean, t text, c char(5),
    v varchar(20), x bytea, da date, ts timestamp, tz timestamptz(3), ti time, iv interval, u uuid, j jsonb, bi bit(4),
    e text, big text)"""


@pytest.fixture
def log(endpoint: Endpoint) -> Iterator[ChangeLog]:
    opened = ENGINE.change_log(endpoint)
    yield opened
    opened.stop("shop")


@pytest.fixture
def t(table: MakeTable) -> Table:
    return table("CREATE TABLE t (id bigint PRIMARY KEY, a text)")


def reading(
    log: ChangeLog, after: LogPosition, *tables: Table, idle: float = 0.4
) -> closing[Iterator[ChangeTransaction]]:
    reader = log.read("shop", {one.name: formed(one) for one in tables}, SCHEMA, after, idle_seconds=idle)
    return closing(reader)  # type: ignore[type-var]


def drain(transactions: Iterator[ChangeTransaction]) -> None:
    """Read on until something is raised, for at most some 12 seconds."""
    for _ in range(60):
        next(transactions)


def until_end(log: ChangeLog, after: LogPosition, *tables: Table) -> list[ChangeTransaction]:
    """Transactions with changes from a position to the present end."""
    end, found = log.end(), []
    with reading(log, after, *tables) as transactions:
        for transaction in transactions:
            if transaction.changes:
                found.append(transaction)
            if transaction.position >= end:
                return found
    raise AssertionError("the log ended")


def changes_until_end(log: ChangeLog, after: LogPosition, *tables: Table) -> list[Change]:
    return [change for transaction in until_end(log, after, *tables) for change in transaction.changes]


def test_transactions_come_in_commit_order_with_their_changes(
    session: PostgresSession, second_session: PostgresSession, log: ChangeLog, t: Table
) -> None:
    session.execute("INSERT INTO t VALUES (1, 'before')")
    start = log.start("shop", SCHEMA, ["t"])
    with session.transaction():
        session.execute("INSERT INTO t VALUES (2, 'long')")
        second_session.execute("INSERT INTO t VALUES (3, 'short')")
        session.execute("UPDATE t SET a = 'changed' WHERE id = 2")
    session.execute("DELETE FROM t WHERE id = 1")
    session.execute("UPDATE t SET id = 4 WHERE id = 3")
    session.execute("TRUNCATE t")
    found = until_end(log, start, t)
    assert [transaction.changes for transaction in found] == [
        (Change(Operation.INSERT, "t", after={"id": "3", "a": "short"}),),
        (
            Change(Operation.INSERT, "t", after={"id": "2", "a": "long"}),
            Change(Operation.UPDATE, "t", before={"id": "2"}, after={"id": "2", "a": "changed"}),
        ),
        (Change(Operation.DELETE, "t", before={"id": "1"}),),
        (Change(Operation.UPDATE, "t", before={"id": "3"}, after={"id": "4", "a": "short"}),),
        (Change(Operation.TRUNCATE, "t"),),
    ]
    assert [one.position for one in found] == sorted(one.position for one in found)
    assert abs(found[0].committed_at.timestamp() - time.time()) < 60
    for number, transaction in enumerate(found):
        assert until_end(log, transaction.position, t) == found[number + 1 :]


def test_a_transaction_that_was_open_at_the_start_is_seen_whole(
    session: PostgresSession, log: ChangeLog, t: Table
) -> None:
    positions: list[LogPosition] = []
    session.connection.execute("BEGIN")
    session.execute("INSERT INTO t VALUES (1, 'before')")
    starting = threading.Thread(target=lambda: positions.append(log.start("shop", SCHEMA, ["t"])))
    starting.start()
    time.sleep(0.5)
    session.execute("COMMIT")
    starting.join(20)
    session.execute("INSERT INTO t VALUES (2, 'after')")
    seen = {change.after["id"] for change in changes_until_end(log, positions[0], t) if change.after}
    assert seen == {"2"}  # what committed before the position is in every later read of the table


def test_values_are_the_transfer_texts_of_rows(session: PostgresSession, log: ChangeLog, table: MakeTable) -> None:
    every = table(ALL_TYPES)
    start = log.start("shop", SCHEMA, ["every"])
    session.execute(
        "INSERT INTO every VALUES (1, -7, 1.5, 0.1, 0.1, true, E'a\\tb\\n\\\\', 'ab', 'cd', '\\x00ff', '2024-02-29',"
        " '2024-02-29 01:02:03.4', '1999-12-31 23:59:59.999+05', '23:59:59.5', '-838:59:59.000001',"
        " '0123ABCD-4567-89ef-0123-456789abcdef', '{\"a\": [1, 2.50]}', '0101', NULL, repeat('x', 9)),"
        " (2, 0, 0, 16777216, 1e300, false, '', '', ' ', '', '0001-01-01', '9999-12-31 23:59:59',"
        " '2024-07-01 12:00+02',"
        " '00:00', '2 days 03:04:05', '00000000-0000-0000-0000-000000000000', '1', '1111', 'x', ''),"
        " (3, null, null, 'NaN', '-Infinity', null, null, null, null, null, 'infinity', '0044-03-15 BC', '-infinity',"
        " null, '-00:00:00.5', null, null, null, null, null)"
    )
    images = [change.after for change in changes_until_end(log, start, every)]
    names = [column.name for column in every.copied_columns]
    # The forms that it has on the way to MySQL: intervals as clocks.
    mysql = list(pair_of(every, _as_mysql(every)).source_columns)
    assert [tuple(image[name] for name in names) for image in images if image] == list(
        ENGINE.rows.fetch(session, SCHEMA, every, formed(every), KeyRange.everything())
    )
    with closing(log.read("shop", {"every": mysql}, SCHEMA, start, idle_seconds=1)) as transactions:  # type: ignore[type-var]
        images = [change.after for change in next(one for one in transactions if one.changes).changes]
    assert [tuple(image[name] for name in names) for image in images if image] == list(
        ENGINE.rows.fetch(session, SCHEMA, every, mysql, KeyRange.everything())
    )
    assert [image["iv"] for image in images if image] == ["-838:59:59.000001", "51:04:05.000000", "-00:00:00.500000"]


def _as_mysql(table: Table) -> Table:
    return replace(
        table,
        columns=tuple(
            replace(column, type=ColumnType(Kind.TIME, fraction=6)) if column.name == "iv" else column
            for column in table.columns
        ),
    )


def test_months_have_no_clock(session: PostgresSession, log: ChangeLog, table: MakeTable) -> None:
    every = table("CREATE TABLE every (id int PRIMARY KEY, iv interval)")
    start = log.start("shop", SCHEMA, ["every"])
    session.execute("INSERT INTO every VALUES (1, '1 mon')")
    mysql = list(pair_of(every, _as_mysql(every)).source_columns)
    with closing(log.read("shop", {"every": mysql}, SCHEMA, start, idle_seconds=1)) as transactions:  # type: ignore[type-var]
        (change,) = next(one for one in transactions if one.changes).changes
    assert change.after == {"id": "1", "iv": "1 mon"}  # which no other engine takes for a time


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_large_values_that_stay_are_said_to_stay(
    session: PostgresSession, log: ChangeLog, table: MakeTable, identity: str
) -> None:
    big = table("CREATE TABLE big (id int PRIMARY KEY, a int, b text)")
    session.execute(f"ALTER TABLE big ALTER b SET STORAGE EXTERNAL; ALTER TABLE big REPLICA IDENTITY {identity}")
    start = log.start("shop", SCHEMA, ["big"])
    session.execute("INSERT INTO big VALUES (1, 1, repeat('x', 10000))")
    session.execute("UPDATE big SET a = 2")
    session.execute("UPDATE big SET id = 2")
    _, first, second = changes_until_end(log, start, big)
    value = UNCHANGED if identity == "DEFAULT" else "x" * 10000
    assert first.after == {"id": "1", "a": "2", "b": value}
    assert second.after is not None
    assert second.after["b"] == value
    assert second.before is not None
    assert second.before["id"] == "1"


def test_generated_columns_are_not_read(session: PostgresSession, log: ChangeLog, table: MakeTable) -> None:
    g = table("CREATE TABLE g (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED)")
    start = log.start("shop", SCHEMA, ["g"])
    session.execute("INSERT INTO g VALUES (1, 2)")
    assert changes_until_end(log, start, g)[0].after == {"id": "1", "a": "2"}


def test_partitions_speak_as_their_table(session: PostgresSession, log: ChangeLog, table: MakeTable) -> None:
    p = table("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
              "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")  # fmt: skip
    start = log.start("shop", SCHEMA, ["p"])
    session.execute("INSERT INTO p VALUES (1); INSERT INTO p1 VALUES (2)")
    assert [change.table for change in changes_until_end(log, start, p)] == ["p", "p"]


def test_other_tables_move_the_position_only(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    session.execute("CREATE TABLE other (id int PRIMARY KEY)")
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO other SELECT generate_series(1, 1000)")
    end = log.end()
    with reading(log, start, t) as transactions:
        heartbeat = next(one for one in transactions if one.position >= end)
    assert heartbeat.is_heartbeat


def test_heartbeats_come_when_nothing_happens(log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    with reading(log, start, t, idle=0.2) as transactions:
        began = time.monotonic()
        for _ in range(3):
            heartbeat = next(transactions)
            assert heartbeat.is_heartbeat
            assert abs(heartbeat.committed_at.timestamp() - time.time()) < 2
        assert 0.3 < time.monotonic() - began < 3


def test_a_heartbeat_claims_no_time_that_is_not_consumed(
    session: PostgresSession, log: ChangeLog, t: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    monkeypatch.setattr("database_migration.engines.postgres.log.slot.log_now", lambda _: (2**62, datetime.now(UTC)))
    with reading(log, start, t, idle=0.1) as transactions:
        assert next(transactions).committed_at.year == 1970
        session.execute("INSERT INTO t VALUES (1, 'x')")
        committed = next(one.committed_at for one in transactions if one.changes)
        assert next(one.committed_at for one in transactions if one.is_heartbeat) == committed


@pytest.mark.parametrize("origins_allowed", [True, False])
def test_what_our_applier_wrote_is_left_out(
    session: PostgresSession, second_session: PostgresSession, log: ChangeLog, t: Table, origins_allowed: bool
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    role = f"applier_{session.server_session_id}"
    if not origins_allowed:
        session.execute(f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA shop TO {role}; GRANT ALL ON t TO {role}")
        if session.connection.info.server_version < 150000:
            pytest.skip("before PostgreSQL 15 only superusers may set session_replication_role")
        session.execute(f"GRANT SET ON PARAMETER session_replication_role TO {role}; SET ROLE {role}")
    ENGINE.writer.prepare(session, "shop")
    assert (session.marker is None) == origins_allowed
    change = Change(Operation.INSERT, "t", after={"id": "1", "a": "ours"})
    with session.transaction():
        ENGINE.writer.apply(session, SCHEMA, {"t": pair_of(t)}, [change])
    second_session.execute("INSERT INTO t VALUES (2, 'theirs')")
    found = changes_until_end(log, start, t)
    assert [change.after for change in found] == [{"id": "2", "a": "theirs"}]
    if not origins_allowed:
        session.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")


def test_writes_under_an_origin_of_others_are_read(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    name = f"their_subscription_{session.server_session_id}"
    session.execute(f"SELECT pg_replication_origin_create('{name}')")
    session.execute(f"SELECT pg_replication_origin_session_setup('{name}')")
    session.execute("INSERT INTO t VALUES (1, 'theirs')")
    session.execute("SELECT pg_replication_origin_session_reset()")
    assert len(changes_until_end(log, start, t)) == 1
    session.execute(f"SELECT pg_replication_origin_drop('{name}')")


def test_starting_again_keeps_what_is_retained(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1, 'x')")
    again = log.start("shop", SCHEMA, ["t"])
    assert again > start
    assert len(changes_until_end(log, start, t)) == 1
    assert changes_until_end(log, again, t) == []


def test_confirmed_log_is_forgotten_and_asking_for_it_is_refused(
    session: PostgresSession, log: ChangeLog, t: Table
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    for n in range(3):
        session.execute("INSERT INTO t VALUES (%s, 'x')", [n])
    first, second, third = until_end(log, start, t)
    log.confirm("shop", first.position)
    with pytest.raises(PositionLost):
        until_end(log, start, t)
    assert until_end(log, first.position, t) == [second, third]
    with reading(log, first.position, t) as transactions:  # confirmed while the stream is open
        assert next(one for one in transactions if one.changes) == second
        log.confirm("shop", second.position)
        next(one for one in transactions if one.is_heartbeat)
    with pytest.raises(PositionLost):
        until_end(log, first.position, t)
    assert until_end(log, second.position, t) == [third]
    log.confirm("shop", first.position)


def test_nothing_unconfirmed_is_forgotten_however_often_it_is_read(
    session: PostgresSession, log: ChangeLog, t: Table
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1, 'x')")
    for _ in range(3):
        with reading(log, start, t, idle=0.1) as transactions:
            assert next(one for one in transactions if one.changes)
            for _ in range(5):
                assert next(transactions).is_heartbeat


def test_a_missing_slot_is_a_lost_position(log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    log.stop("shop")
    log.stop("shop")
    with pytest.raises(PositionLost), reading(log, start, t) as transactions:
        next(transactions)


def test_stopping_leaves_nothing_behind(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    with reading(log, start, t, idle=0.1) as transactions:
        next(transactions)
        ENGINE.change_log(log._endpoint).stop("shop")  # type: ignore[attr-defined]  # by somebody else, while it is read
        with pytest.raises(Interrupted):
            drain(transactions)
    assert session.execute("SELECT * FROM pg_publication") == []
    assert (
        session.execute(
            "SELECT * FROM pg_replication_slots WHERE slot_name LIKE 'database_migration%'"
            " AND database = current_database()"
        )
        == []
    )


@pytest.mark.parametrize(
    "ddl",
    [
        "ALTER TABLE t ADD COLUMN b int",
        "ALTER TABLE t DROP COLUMN a",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "ALTER TABLE t ALTER COLUMN a TYPE bytea USING a::bytea",
        "ALTER TABLE t RENAME TO t2; CREATE VIEW v AS SELECT 1; ALTER TABLE t2 SET SCHEMA shop",
        "ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text",
    ],
)
def test_a_changed_table_is_noticed(session: PostgresSession, log: ChangeLog, t: Table, ddl: str) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1, 'x')")
    with reading(log, start, t, idle=0.2) as transactions:
        assert next(one for one in transactions if one.changes)
        session.execute(ddl)
        session.execute(f"INSERT INTO {'t2' if 't2' in ddl else 't'} (id) VALUES (2)")
        with pytest.raises(SourceChanged):
            drain(transactions)


@pytest.mark.parametrize("reading_on", [True, False])
@pytest.mark.parametrize(
    "ddl",
    [
        "TRUNCATE p1",
        "DROP TABLE p1",
        "ALTER TABLE p DETACH PARTITION p1",
        "CREATE TABLE p2 (id int PRIMARY KEY); INSERT INTO p2 VALUES (15);"
        " ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)",
    ],
)
def test_rows_that_come_or_go_with_a_partition_are_noticed(
    session: PostgresSession,
    log: ChangeLog,
    table: MakeTable,
    monkeypatch: pytest.MonkeyPatch,
    ddl: str,
    reading_on: bool,
) -> None:
    p = table("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
              "CREATE TABLE p0 PARTITION OF p FOR VALUES FROM (-9) TO (0);"
              "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")  # fmt: skip
    monkeypatch.setattr("database_migration.engines.postgres.change_log._SHAPES_CHECK_SECONDS", 0.1)
    start = log.start("shop", SCHEMA, ["p"])
    session.execute("INSERT INTO p VALUES (1)")
    if not reading_on:
        session.execute(ddl)
    with pytest.raises(SourceChanged, match="partitions changed"), reading(log, start, p, idle=0.1) as transactions:  # noqa: PT012
        next(transactions)
        session.execute(ddl)
        drain(transactions)


def test_truncation_of_the_whole_is_told(session: PostgresSession, log: ChangeLog, table: MakeTable) -> None:
    p = table("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
              "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")  # fmt: skip
    start = log.start("shop", SCHEMA, ["p"])
    session.execute("INSERT INTO p VALUES (1)")
    session.execute("TRUNCATE p")
    assert [change.operation for change in changes_until_end(log, start, p)] == [Operation.INSERT, Operation.TRUNCATE]


def test_a_dropped_and_recreated_table_is_noticed(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    with reading(log, start, t, idle=0.2) as transactions:
        next(transactions)
        session.execute("DROP TABLE t; CREATE TABLE t (id bigint PRIMARY KEY, a text); INSERT INTO t VALUES (1)")
        with pytest.raises(SourceChanged):
            drain(transactions)


def test_a_second_reader_waits_for_the_first(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1, 'x')")
    reader = log.read("shop", {"t": formed(t)}, SCHEMA, start, idle_seconds=0.2)
    next(reader)
    threading.Timer(1.0, lambda: session.execute(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL"
    )).start()  # fmt: skip
    other = ENGINE.change_log(log._endpoint)  # type: ignore[attr-defined]
    assert len(changes_until_end(other, start, t)) == 1
    with pytest.raises(Interrupted):
        drain(reader)


def test_long_transactions_hold_up_the_start_visibly(
    session: PostgresSession, log: ChangeLog, t: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database_migration.engines.postgres.log.slot._CREATION_TIMEOUT", "300ms")
    with session.transaction():
        session.execute("INSERT INTO t VALUES (1, 'x')")
        with pytest.raises(Interrupted, match="end the transactions"):
            log.start("shop", SCHEMA, ["t"])
    log.start("shop", SCHEMA, ["t"])


def test_nothing_selected_is_refused(log: ChangeLog, t: Table) -> None:
    with pytest.raises(Refused):
        log.start("shop", SCHEMA, [])


def test_retained_bytes_grow(session: PostgresSession, log: ChangeLog, t: Table) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    before = log.retained_bytes("shop", start)
    session.execute("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 1000) g")
    assert log.retained_bytes("shop", start) > before + 1_000_000


def test_a_big_transaction_and_many_small_ones(
    session: PostgresSession, log: ChangeLog, t: Table, database: Database
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t SELECT g, 'x' FROM generate_series(1, 50000) g")
    with session.connection.pipeline():
        for n in range(2000):
            session.connection.execute("UPDATE shop.t SET a = %s WHERE id = %s", [str(n), n + 1])
    began = time.monotonic()
    found = until_end(log, start, t)
    print(f"{52000 / (time.monotonic() - began):.0f} changes/s")
    assert sum(len(transaction.changes) for transaction in found) == 52000


def test_what_the_log_told_of_is_waited_for_until_it_can_be_read(
    log: ChangeLog, session: PostgresSession, t: Table
) -> None:
    start = log.start("shop", SCHEMA, ["t"])
    with session.transaction():
        session.execute("INSERT INTO t VALUES (1, 'a')")
        number = str(session.execute("SELECT pg_current_xact_id()::text")[0][0])
        with log.visibility("shop") as watch, pytest.raises(Interrupted, match="not visible"):
            watch.wait([ChangeTransaction(start, datetime.now(UTC), (), number)], timeout=0.1)
    (told,) = until_end(log, start, t)
    assert told.identity == number
    with log.visibility("shop") as watch:
        watch.wait([told], timeout=1)
