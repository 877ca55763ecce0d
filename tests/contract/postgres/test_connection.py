"""Sessions: their settings, parameters, transactions, locks and errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.protocol import Endpoint
from database_migration.errors import ConnectionRefused, Interrupted, NotPossible, Refused, ValueRefused
from fixtures.servers import Database


def test_settings_of_role_and_database_are_overruled(endpoint: Endpoint, database: Database) -> None:
    name = database.database
    for setting in ("TimeZone = 'Asia/Tokyo'", "DateStyle = 'German'", "statement_timeout = '1ms'",
                    "extra_float_digits = 0", "IntervalStyle = 'iso_8601'", "bytea_output = 'escape'"):  # fmt: skip
        database.execute(f'ALTER DATABASE "{name}" SET {setting}')
    session = ENGINE.connect(endpoint, purpose="settings")
    row = session.execute(
        "SELECT '2024-01-02 03:04:05+00'::timestamptz::text, '1 day 02:00'::interval::text,"
        " '\\xff'::bytea::text, 0.1::float8::text, pg_sleep(0.01)::text"
    )[0]
    assert row[:4] == ("2024-01-02 03:04:05+00", "1 day 02:00:00", "\\xff", "0.1")
    assert session.execute("SHOW row_security") == [("off",)]
    session.close()


def test_purpose_shows_in_the_session_list(session: PostgresSession) -> None:
    found = session.execute("SELECT application_name, pid FROM pg_stat_activity WHERE pid = pg_backend_pid()")
    assert found == [("contract test", session.server_session_id)]


def test_parameters_take_the_type_of_their_place(session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (a int, b numeric, c timestamptz, d bytea, e boolean, f text)")
    count = session.execute_count(
        "INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s)", ["7", "1.50", "2024-01-01", b"\x00\xff", True, "100 %"]
    )
    assert count == 1
    assert session.execute("SELECT a, b::text, d, e, f FROM t WHERE a = %s AND f LIKE '%%\\%%'", [7]) == [
        (7, "1.50", b"\x00\xff", True, "100 %")
    ]
    assert session.execute("SELECT '100 %s'") == [("100 %s",)]


def test_counts_are_of_matched_rows(session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1), (2)")
    assert session.execute_count("UPDATE t SET a = 1 WHERE a = 1") == 2
    assert session.execute_count("DELETE FROM t WHERE a = 9") == 0
    assert session.execute("UPDATE t SET a = 3 WHERE a = 2") == []


def test_the_last_statement_of_several_answers(session: PostgresSession) -> None:
    assert session.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1); SELECT a FROM t") == [(1,)]


def test_a_transaction_commits_or_leaves_nothing(session: PostgresSession, second_session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (a int)")
    with session.transaction():
        session.execute("INSERT INTO t VALUES (1)")
        assert second_session.execute("SELECT count(*) FROM t") == [(0,)]
    with pytest.raises(RuntimeError), session.transaction():  # noqa: PT012  (the block is the transaction)
        session.execute("INSERT INTO t VALUES (2)")
        raise RuntimeError
    with pytest.raises(Refused), session.transaction():  # noqa: PT012
        session.execute("INSERT INTO t VALUES (3)")
        session.execute("SELECT nonsense")
    assert second_session.execute("SELECT a FROM t") == [(1,)]
    with session.transaction(), pytest.raises(NotPossible), session.transaction():
        pass


def test_locks_live_as_long_as_the_session(session: PostgresSession, second_session: PostgresSession) -> None:
    assert session.try_lock("shop/applier")
    assert session.try_lock("shop/applier")
    assert not second_session.try_lock("shop/applier")
    assert second_session.try_lock("shop/other")
    session.close()
    session.close()
    assert any(second_session.try_lock("shop/applier") for _ in range(200))


@pytest.mark.parametrize("changed", [{"password": "wr0ng-s3cret"}, {"user": "nobody"}, {"database": "nowhere"}])
def test_a_wrong_login_is_refused(endpoint: Endpoint, changed: dict[str, str]) -> None:
    with pytest.raises(ConnectionRefused) as caught:
        ENGINE.connect(replace(endpoint, **changed), purpose="x")
    assert "wr0ng-s3cret" not in str(caught.value)
    assert endpoint.password not in str(caught.value)


def test_an_unknown_option_is_named(endpoint: Endpoint) -> None:
    with pytest.raises(ConnectionRefused, match="charset"):
        ENGINE.connect(replace(endpoint, options={"charset": "utf8"}), purpose="x")


def test_a_server_that_is_down_interrupts(endpoint: Endpoint) -> None:
    with pytest.raises(Interrupted):
        ENGINE.connect(replace(endpoint, port=1), purpose="x")


def test_a_lost_connection_interrupts(session: PostgresSession, second_session: PostgresSession) -> None:
    second_session.execute("SELECT pg_terminate_backend(%s)", [session.server_session_id])
    with pytest.raises(Interrupted):
        session.execute("SELECT 1")
    with pytest.raises(Interrupted):
        session.execute("SELECT 1")


def test_a_lost_connection_in_a_transaction_interrupts(
    session: PostgresSession, second_session: PostgresSession
) -> None:
    with pytest.raises(Interrupted), session.transaction():  # noqa: PT012
        second_session.execute("SELECT pg_terminate_backend(%s)", [session.server_session_id])
        session.execute("SELECT 1")


def test_values_that_do_not_fit_are_refused_without_showing_the_row(session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (secret text, n int NOT NULL CHECK (n > 0))")
    for parameters in (["s3cret", None], ["s3cret", -1], ["s3cret", "x"], ["nul \0", 1]):
        with pytest.raises(ValueRefused) as caught:
            session.execute("INSERT INTO t VALUES (%s, %s)", parameters)
        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_waiting_too_long_interrupts(session: PostgresSession, second_session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (a int)")
    second_session.execute("SET lock_timeout = '50ms'")
    with session.transaction():
        session.execute("LOCK TABLE t")
        with pytest.raises(Interrupted):
            second_session.execute("SELECT * FROM t")


def test_missing_privileges_are_refused(session: PostgresSession) -> None:
    session.execute("CREATE TABLE t (a int)")
    session.execute("CREATE ROLE weak; SET ROLE weak")
    try:
        with pytest.raises(Refused, match="permission denied"):
            session.execute("SELECT * FROM shop.t")
    finally:
        session.execute("RESET ROLE; DROP ROLE weak")
