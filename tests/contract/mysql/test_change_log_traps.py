"""What would lose or change rows silently is refused, with the mend; what changes nothing passes."""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.log.position import position
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, PositionLost, Refused, SourceChanged, ValueRefused
from database_migration.model.change import Change, ChangeTransaction, Operation
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn


@pytest.fixture
def columns(session: MySQLSession, endpoint: Endpoint) -> dict[str, list[FormedColumn]]:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, n int unsigned, name varchar(20), doc json, note text)")
    return formed(session, endpoint.schema, "t")


@pytest.fixture
def start(columns: object, endpoint: Endpoint) -> LogPosition:
    return MySQLChangeLog(endpoint).start("m", endpoint.schema, ["t"])


@contextmanager
def setting(session: MySQLSession, name: str, value: str) -> Iterator[None]:
    """A global variable for a while."""
    before = session.execute(f"SELECT @@GLOBAL.{name}")[0][0]
    session.execute(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        session.execute(f"SET GLOBAL {name} = %s", (before,))  # type: ignore[arg-type]


def changes(found: list[ChangeTransaction]) -> list[object]:
    return [change for transaction in found for change in transaction.changes]


HARMLESS = [
    "CREATE TABLE u (id int PRIMARY KEY)",
    "ALTER TABLE u ADD COLUMN x int",
    "DROP TABLE u",
    "CREATE INDEX i ON t (n)",
    "ALTER TABLE t ADD INDEX k (name, n), ADD UNIQUE INDEX uq (id, n)",
    "DROP INDEX i ON t",
    "ALTER TABLE t DROP INDEX k, AUTO_INCREMENT = 5, COMMENT = 'drop column (,'",
    "ALTER TABLE t ADD CONSTRAINT ck CHECK (id > 0)",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n",
    "DROP TRIGGER tr",
    "CREATE VIEW v AS SELECT * FROM t",
    "ANALYZE TABLE t",
    "CREATE TEMPORARY TABLE temp (id int)",
    "DROP TEMPORARY TABLE temp",
    "CREATE TABLE copied (PRIMARY KEY (id)) AS SELECT id, name FROM t",
    "FLUSH BINARY LOGS",
]


def test_harmless_statements_pass(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    for number, sql in enumerate(HARMLESS):
        session.execute(sql)
        session.execute("INSERT INTO t (id, n) VALUES (%s, 4294967295)", (number + 1,))
    found = read_all(endpoint, start, columns)
    assert len(changes(found)) == len(HARMLESS)
    assert all(t.changes[0].after["n"] == "4294967295" for t in found if t.changes)  # type: ignore[index]


CHANGING = [
    "ALTER TABLE t ADD COLUMN x int",
    "ALTER TABLE t ADD INDEX k (name), DROP COLUMN n",
    "alter /* a comment */ table `t` modify name varchar(30)",
    "RENAME TABLE t TO u",
    "RENAME TABLE other TO elsewhere, t TO other",
    "DROP TABLE t",
    "DROP TABLE IF EXISTS other, t",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t CONVERT TO CHARACTER SET latin1",
    "ALTER TABLE parts EXCHANGE PARTITION p0 WITH TABLE t",
]
PARTITIONS = [
    "ALTER TABLE parts TRUNCATE PARTITION p0",
    "ALTER TABLE parts DROP PARTITION p0",
    "ALTER TABLE parts ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))",
    "ALTER TABLE parts EXCHANGE PARTITION p0 WITH TABLE t",
    "ALTER TABLE parts REMOVE PARTITIONING",
]
PARTS = (
    "CREATE TABLE parts (id int PRIMARY KEY, n int unsigned, name varchar(20), doc json, note text)"
    " PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))"
)


@pytest.mark.parametrize("sql", CHANGING)
def test_changed_tables_are_told(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition, sql: str
) -> None:
    session.execute("CREATE TABLE other (id int PRIMARY KEY)")
    session.execute(PARTS)
    session.execute("INSERT INTO t (id) VALUES (1)")
    session.execute(sql)
    with pytest.raises(SourceChanged) as caught:
        read_all(endpoint, start, columns)
    assert f"{endpoint.schema}.t" in str(caught.value)


@pytest.mark.parametrize("sql", PARTITIONS)
def test_rows_that_come_or_go_with_a_partition_are_told(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], sql: str
) -> None:
    session.execute(PARTS)
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["parts"])
    session.execute("INSERT INTO parts (id) VALUES (1)")
    session.execute(sql)
    with pytest.raises(SourceChanged, match="parts"):
        read_all(endpoint, start, formed(session, endpoint.schema, "parts"))


def test_truncation_is_told(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("INSERT INTO t (id) VALUES (1)")
    session.execute("TRUNCATE TABLE t")
    found = changes(read_all(endpoint, start, columns))
    assert [change.operation for change in found] == [Operation.INSERT, Operation.TRUNCATE]  # type: ignore[attr-defined]


def test_a_change_of_the_key_tells_both_rows(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("INSERT INTO t (id, name) VALUES (1, 'x')")
    session.execute("UPDATE t SET id = 2")
    (change,) = changes(read_all(endpoint, start, columns))[1:]
    assert isinstance(change, Change)
    assert (change.operation, change.before and change.before["id"]) == (Operation.UPDATE, "1")
    assert change.after == {"id": "2", "n": None, "name": "x", "doc": None, "note": None}


def test_generated_columns_are_not_read(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute(
        "CREATE TABLE g (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED,"
        " c int GENERATED ALWAYS AS (a * 3) VIRTUAL)"
    )
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["g"])
    session.execute("INSERT INTO g (id, a) VALUES (1, 2)")
    (change,) = changes(read_all(endpoint, start, formed(session, endpoint.schema, "g")))
    assert change.after == {"id": "1", "a": "2"}  # type: ignore[attr-defined]


def test_two_readers_of_one_server_id(
    session: MySQLSession,
    endpoint: Endpoint,
    columns: dict[str, list[FormedColumn]],
    start: LogPosition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 4711)
    first = MySQLChangeLog(endpoint).read("m", columns, endpoint.schema, start, idle_seconds=0.2)
    next(first)
    second = MySQLChangeLog(endpoint).read("m", columns, endpoint.schema, start, idle_seconds=0.2)
    with pytest.raises(Interrupted, match="nothing"):  # noqa: PT012  (the server ends one of them, whichever it likes)
        for _ in range(50):
            next(second)
            next(first)


def test_compressed_rows(
    session: MySQLSession,
    connect: Callable[[], MySQLSession],
    endpoint: Endpoint,
    columns: dict[str, list[FormedColumn]],
    start: LogPosition,
) -> None:
    name = "log_bin_compress" if session.is_mariadb else "binlog_transaction_compression"
    with setting(session, name, "ON"):
        connect().execute(
            "INSERT INTO t (id, name, doc) VALUES (1, REPEAT('x', 20), CONCAT('\"', REPEAT('x', 900), '\"'))"
        )
        with pytest.raises(ValueRefused, match="compress"):
            read_all(endpoint, start, columns)


@pytest.mark.parametrize("image", ["'MINIMAL'", "'NOBLOB'"])
def test_partial_rows(
    connect: Callable[[], MySQLSession],
    session: MySQLSession,
    endpoint: Endpoint,
    columns: dict[str, list[FormedColumn]],
    start: LogPosition,
    image: str,
) -> None:
    session.execute(f"SET SESSION binlog_row_image = {image}")
    session.execute("INSERT INTO t VALUES (1, 2, 'x', '{}', 'note')")
    session.execute("UPDATE t SET n = 3")
    with pytest.raises(ValueRefused, match="binlog_row_image"):
        read_all(endpoint, start, columns)


def test_rows_without_names(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    with setting(session, "binlog_row_metadata", "'MINIMAL'"):
        session.execute("FLUSH TABLES")
        session.execute("INSERT INTO t (id, n) VALUES (1, 4294967295)")
        with pytest.raises(ValueRefused, match="binlog_row_metadata"):
            read_all(endpoint, start, columns)
    with pytest.raises(ValueRefused, match="binlog_row_metadata"):
        read_all(endpoint, start, columns)


def test_rows_logged_as_statements(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("CREATE TABLE other (id int PRIMARY KEY)")
    session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    session.execute("SET SESSION binlog_format = 'STATEMENT'")
    session.execute("INSERT INTO other VALUES (1)")
    assert changes(read_all(endpoint, start, columns)) == []
    session.execute("INSERT INTO t (id, name) SELECT id, 'other' FROM other")
    with pytest.raises(ValueRefused, match="binlog_format"):
        read_all(endpoint, start, columns)


def test_partial_documents(
    mysql_only: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    mysql_only.execute("INSERT INTO t (id, doc) VALUES (1, JSON_OBJECT('a', REPEAT('x', 1000), 'b', 1))")
    mysql_only.execute("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'")
    mysql_only.execute("UPDATE t SET doc = JSON_SET(doc, '$.b', 2)")
    with pytest.raises(ValueRefused, match="binlog_row_value_options"):
        read_all(endpoint, start, columns)


@pytest.fixture
def mysql_only(session: MySQLSession) -> MySQLSession:
    if session.is_mariadb:
        pytest.skip("MariaDB logs documents whole.")
    return session


@pytest.mark.parametrize("date", ["0000-00-00", "2024-00-10", "2024-01-00"])
@pytest.mark.parametrize("spelled", ["date", "datetime(3)", "timestamp NULL"])
def test_zero_dates(session: MySQLSession, endpoint: Endpoint, spelled: str, date: str) -> None:
    if spelled.startswith("timestamp") and date != "0000-00-00":
        date = "0000-00-00"
    session.execute("SET SESSION sql_mode = ''")
    session.execute(f"CREATE TABLE z (id int PRIMARY KEY, d {spelled}, other {spelled})")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["z"])
    columns = formed(session, endpoint.schema, "z")
    session.execute("INSERT INTO z VALUES (1, '2024-01-01', %s)", (date,))
    (change,) = changes(read_all(endpoint, start, columns))
    assert change.after is not None
    shown = str(change.after["other"])
    assert shown.startswith(date)
    assert len(shown) == (10 if spelled == "date" else 26)
    without = {"z": [column for column in columns["z"] if column.name != "other"]}
    assert len(changes(read_all(endpoint, start, without))) == 1


def test_xa(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("XA START 'a'")
    session.execute("INSERT INTO t (id) VALUES (1)")
    session.execute("XA END 'a'")
    session.execute("XA COMMIT 'a' ONE PHASE")
    assert len(changes(read_all(endpoint, start, columns))) == 1
    session.execute("XA START 'b'")
    session.execute("INSERT INTO t (id) VALUES (2)")
    session.execute("XA END 'b'")
    session.execute("XA PREPARE 'b'")
    session.execute("XA COMMIT 'b'")
    with pytest.raises(ValueRefused, match="XA"):
        read_all(endpoint, start, columns)


def test_tagged_gtids(
    mysql_only: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    mysql_only.execute("SET SESSION gtid_next = 'AUTOMATIC:a_tag'")
    mysql_only.execute("INSERT INTO t (id) VALUES (1)")
    mysql_only.execute("SET SESSION gtid_next = 'AUTOMATIC'")
    mysql_only.execute("INSERT INTO t (id) VALUES (2)")
    found = [transaction for transaction in read_all(endpoint, start, columns) if transaction.changes]
    assert [len(transaction.changes) for transaction in found] == [1, 1]


def test_columns_that_the_log_shows_in_no_readable_form(session: MySQLSession, endpoint: Endpoint) -> None:
    column = "note text COMPRESSED" if session.is_mariadb else "note vector(2)"
    value = "REPEAT('x', 900)" if session.is_mariadb else "TO_VECTOR('[1,2]')"
    session.execute(f"CREATE TABLE odd (id int PRIMARY KEY, {column})")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["odd"])
    session.execute(f"INSERT INTO odd VALUES (1, {value})")
    with pytest.raises(Refused, match="exclude"):
        read_all(endpoint, start, formed(session, endpoint.schema, "odd"))


def test_capture_waits_for_prepared_xa_transactions(
    session: MySQLSession,
    connect: Callable[[], MySQLSession],
    endpoint: Endpoint,
    columns: dict[str, list[FormedColumn]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their rows lie before a position that is taken now, and only their commit behind it."""
    monkeypatch.setattr("database_migration.engines.mysql.change_log._PREPARED_WITHIN", 0.3)
    for words in ("XA START 'c'", "INSERT INTO t (id) VALUES (3)", "XA END 'c'", "XA PREPARE 'c'"):
        session.execute(words)
    with pytest.raises(Interrupted, match="XA RECOVER"):
        MySQLChangeLog(endpoint).start("m", endpoint.schema, ["t"])
    session.execute("XA COMMIT 'c'")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["t"])
    assert changes(read_all(endpoint, start, columns)) == []


def test_savepoints_and_rollbacks(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    with session.transaction():
        session.execute("SAVEPOINT a")
        session.execute("INSERT INTO t (id) VALUES (1)")
        session.execute("SAVEPOINT b")
        session.execute("INSERT INTO t (id) VALUES (2)")
        session.execute("ROLLBACK TO b")
        session.execute("INSERT INTO t (id) VALUES (3)")
    session.execute("START TRANSACTION")
    session.execute("INSERT INTO t (id) VALUES (4)")
    session.execute("ROLLBACK")
    (transaction,) = [t for t in read_all(endpoint, start, columns) if t.changes]
    assert [c.after["id"] for c in transaction.changes if c.after] == ["1", "3"]


def test_tables_without_transactions(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["m"])
    session.execute("INSERT INTO m VALUES (1), (2)")
    session.execute("DELETE FROM m WHERE id = 1")
    found = [t for t in read_all(endpoint, start, formed(session, endpoint.schema, "m")) if t.changes]
    assert [len(t.changes) for t in found] == [2, 1]


def test_positions_move_on_without_changes_of_ours(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("CREATE TABLE other (id int PRIMARY KEY)")
    for number in range(5):
        session.execute("INSERT INTO other VALUES (%s)", (number,))
    session.execute("FLUSH BINARY LOGS")
    session.execute("INSERT INTO other VALUES (99)")
    end = MySQLChangeLog(endpoint).end()
    found = read_all(endpoint, start, columns)
    assert all(transaction.is_heartbeat for transaction in found)
    # MariaDB writes a checkpoint into the new file a moment later.
    assert end <= found[-1].position <= MySQLChangeLog(endpoint).end()
    assert abs(found[-1].committed_at - datetime.now(UTC)) < timedelta(seconds=5)
    assert MySQLChangeLog(endpoint).retained_bytes("m", end) < MySQLChangeLog(endpoint).retained_bytes("m", start)


def test_a_position_that_is_gone(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    session.execute("FLUSH BINARY LOGS")
    session.execute("INSERT INTO t (id) VALUES (1)")
    session.execute("FLUSH BINARY LOGS")
    current = MySQLChangeLog(endpoint).end().text.split(":")[0]
    gone = start.text.split(":")[0]
    until = time.monotonic() + 20
    while gone in [row[0] for row in session.execute("SHOW BINARY LOGS")]:
        # A file that an ended reader, or MariaDB's own checkpoint, still holds is not purged.
        assert time.monotonic() < until
        session.execute(f"PURGE BINARY LOGS TO '{current}'")
        time.sleep(0.1)
    with pytest.raises(PositionLost):
        read_all(endpoint, start, columns)
    with pytest.raises(PositionLost):
        read_all(endpoint, position(current, 999_999_999), columns)


def test_a_lost_connection_is_told(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    stream = MySQLChangeLog(endpoint).read("m", columns, endpoint.schema, start, idle_seconds=0.2)
    next(stream)
    for (identifier,) in session.execute(
        "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%%'"
    ):
        session.execute(f"KILL {identifier}")
    with pytest.raises(Interrupted):
        collections.deque(stream, maxlen=1)


def test_many_small_transactions(
    session: MySQLSession, endpoint: Endpoint, columns: dict[str, list[FormedColumn]], start: LogPosition
) -> None:
    for number in range(300):
        session.execute("INSERT INTO t (id, name) VALUES (%s, 'n')", (number,))
        if number == 150:
            session.execute("ALTER TABLE t ADD INDEX late (name)")  # a new table map follows
    found = [t for t in read_all(endpoint, start, columns) if t.changes]
    assert [t.changes[0].after["id"] for t in found if t.changes[0].after] == [str(n) for n in range(300)]
    assert [t.position for t in found] == sorted(t.position for t in found)
