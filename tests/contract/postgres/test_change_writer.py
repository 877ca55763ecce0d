"""Applying captured changes: idempotent, in order, nothing swallowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from contract.postgres.pairs import SCHEMA, formed, pair_of
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.protocol import Endpoint
from database_migration.errors import NotPossible, Refused, SourceChanged, ValueRefused, ValuesMissing
from database_migration.model.change import UNCHANGED, Change, Operation, Value
from database_migration.model.schema import Table

MakeTable = Callable[[str], Table]
Image = Mapping[str, Value]


def insert(table: str, **after: Value) -> Change:
    return Change(Operation.INSERT, table, after=after)


def update(table: str, before: Image, **after: Value) -> Change:
    return Change(Operation.UPDATE, table, before=before, after=after)


def delete(table: str, **before: Value) -> Change:
    return Change(Operation.DELETE, table, before=before)


def apply(session: PostgresSession, table: Table, *changes: Change) -> int:
    with session.transaction():
        return ENGINE.writer.apply(session, SCHEMA, {table.name: pair_of(table)}, changes)


@pytest.fixture
def t(table: MakeTable, session: PostgresSession) -> Table:
    created = table("CREATE TABLE t (id bigint PRIMARY KEY, a text, b bytea, c interval)")
    ENGINE.writer.prepare(session, "test")
    return created


def rows(session: PostgresSession) -> list[tuple[object, ...]]:
    return session.execute("SELECT id, a FROM t ORDER BY id")


def test_changes_are_applied_in_order_and_twice_is_once(session: PostgresSession, t: Table) -> None:
    rest: Image = {"b": "00ff", "c": None}
    changes = [
        insert("t", id="1", a="one", **rest),
        insert("t", id="2", a="two", **rest),
        update("t", {"id": "1"}, id="1", a="eins", **rest),
        update("t", {"id": "2"}, id="3", a="two", **rest),
        insert("t", id="2", a="zwei", **rest),
        delete("t", id="1"),
        insert("t", id="1", a="uno", **rest),
    ]
    assert apply(session, t, *changes) == 8
    once = rows(session)
    assert once == [(1, "uno"), (2, "zwei"), (3, "two")]
    assert session.execute("SELECT b FROM t WHERE id = 1") == [(b"\x00\xff",)]
    apply(session, t, *changes)
    assert rows(session) == once


def test_a_delete_may_find_nothing(session: PostgresSession, t: Table) -> None:
    assert apply(session, t, delete("t", id="77")) == 0


def test_unchanged_columns_stay(session: PostgresSession, t: Table) -> None:
    session.execute("INSERT INTO t VALUES (1, 'x', '\\x01', '1:00')")
    apply(session, t, update("t", {"id": "1"}, id="1", a="y", b=UNCHANGED, c="838:59:59.000001"))
    assert session.execute("SELECT a, b, c::text FROM t") == [("y", b"\x01", "838:59:59.000001")]


def test_values_are_never_carried_from_one_key_to_another(session: PostgresSession, t: Table) -> None:
    session.execute("INSERT INTO t VALUES (1, 'another row by now', '\\x01', NULL)")
    with pytest.raises(ValuesMissing):
        apply(session, t, update("t", {"id": "1"}, id="2", a="z", b=UNCHANGED, c=None))
    assert rows(session) == [(1, "another row by now")]


def test_an_update_that_lacks_values_of_a_missing_row_is_not_swallowed(session: PostgresSession, t: Table) -> None:
    partial = [update("t", {"id": "1"}, id=key, a="y", b=UNCHANGED, c=None) for key in ("1", "2")]
    with pytest.raises(ValuesMissing) as caught:
        apply(session, t, insert("t", id="7", a="x", b=None, c=None), *partial)
    assert caught.value.changes == tuple(partial)
    assert rows(session) == []


def test_truncate_empties_a_table_that_others_refer_to(session: PostgresSession, t: Table) -> None:
    session.execute("CREATE TABLE child (t bigint REFERENCES t); INSERT INTO t VALUES (1)")
    apply(session, t, Change(Operation.TRUNCATE, "t"), insert("t", id="2", a=None, b=None, c=None))
    assert rows(session) == [(2, None)]


def test_a_conflict_on_another_unique_key_is_raised(session: PostgresSession, t: Table) -> None:
    session.execute("CREATE UNIQUE INDEX ON t (a); INSERT INTO t VALUES (1, 's3cret')")
    changes = [insert("t", id=str(n), a=a, b=None, c=None) for n, a in ((5, "x"), (2, "s3cret"), (6, "y"))]
    with pytest.raises(ValueRefused, match="duplicate key"):
        apply(session, t, *changes)
    assert rows(session) == [(1, "s3cret")]
    assert apply(session, t, insert("t", id="3", a="z", b=None, c=None)) == 1


def test_a_failed_pipeline_names_the_first_error(session: PostgresSession, t: Table) -> None:
    session.execute("ALTER TABLE t ADD CHECK (a <> 'bad')")
    good = [insert("t", id=str(n), a="ok", b=None, c=None) for n in range(300)]
    with pytest.raises(ValueRefused, match="check constraint"):
        apply(session, t, *good, insert("t", id="999", a="bad", b=None, c=None), *good)
    assert rows(session) == []


def test_a_column_missing_from_an_image_is_a_changed_source(session: PostgresSession, t: Table) -> None:
    with pytest.raises(SourceChanged):
        apply(session, t, insert("t", id="1", a="x"))
    with pytest.raises(SourceChanged):
        apply(session, t, delete("t", a="x"))
    with pytest.raises(SourceChanged):
        apply(session, t, delete("other", a="x"))


@pytest.mark.parametrize("unique", [True, False])
def test_a_table_without_primary_key_is_written_by_its_unique_key(
    session: PostgresSession, table: MakeTable, unique: bool
) -> None:
    created = table("CREATE TABLE u (k varchar(10) NOT NULL, n bit(3) NOT NULL, v char(5), UNIQUE (k, n))")
    pair = {"u": pair_of(created)}
    if not unique:  # as between the table's creation and that of its indexes
        session.execute("ALTER TABLE u DROP CONSTRAINT u_k_n_key")
    changes = [insert("u", k="a", n="101", v="1"), update("u", {"k": "a", "n": "101"}, k="a", n="101", v="2"),
               update("u", {"k": "a", "n": "101"}, k="b", n="000", v="3")]  # fmt: skip
    for _ in range(2):
        with session.transaction():
            ENGINE.writer.apply(session, SCHEMA, pair, changes)
    assert session.execute("SELECT k, n::text, v FROM u") == [("b", "000", "3    ")]


def test_a_table_without_any_key_takes_inserts_only(session: PostgresSession, table: MakeTable) -> None:
    created = table("CREATE TABLE n (v int)")
    apply(session, created, insert("n", v="1"), insert("n", v="1"))
    assert session.execute("SELECT v FROM n") == [(1,), (1,)]
    with pytest.raises(NotPossible):
        apply(session, created, delete("n", v="1"))


def test_identity_always_takes_given_values(session: PostgresSession, table: MakeTable) -> None:
    created = table("CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)")
    apply(session, created, insert("i", id="5", v="1"), update("i", {"id": "5"}, id="5", v="2"))
    assert session.execute("SELECT * FROM i") == [(5, 2)]


def test_names_with_anything_in_them(session: PostgresSession, table: MakeTable) -> None:
    created = table('CREATE TABLE "a""b %s" ("k %s" int PRIMARY KEY, "v %" text)')
    images = [{"k %s": "1", "v %": "100 %"}, {"k %s": "1", "v %": "%s"}]
    changes = [Change(Operation.INSERT, created.name, after=images[0]),
               Change(Operation.UPDATE, created.name, before=images[0], after=images[1])]  # fmt: skip
    apply(session, created, *changes)
    assert session.execute('SELECT * FROM "a""b %s"') == [(1, "%s")]
    columns = formed(created)
    assert ENGINE.writer.matching(session, SCHEMA, created, columns, {"v %": "%s"}) == [("1", "%s")]


def test_triggers_and_foreign_keys_do_not_fire(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE parent (id int PRIMARY KEY)")
    created = table("CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE)")
    session.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION no()"
    )
    ENGINE.writer.prepare(session, "test")
    apply(session, created, insert("child", id="1", p="9"))
    assert session.execute("SELECT * FROM child") == [(1, 9)]


def test_preparing_without_the_privilege_says_what_to_grant(session: PostgresSession) -> None:
    session.execute("CREATE ROLE weak; SET ROLE weak")
    try:
        with pytest.raises(Refused, match='GRANT SET ON PARAMETER session_replication_role TO "weak"'):
            ENGINE.writer.prepare(session, "test")
    finally:
        session.execute("RESET ROLE; DROP ROLE weak")


def test_several_sessions_prepare_with_one_origin(endpoint: Endpoint) -> None:
    sessions = [ENGINE.connect(endpoint, purpose="lane") for _ in range(4)]
    for one in sessions:
        ENGINE.writer.prepare(one, "lanes")
        ENGINE.writer.prepare(one, "lanes")
        assert one.execute("SELECT pg_replication_origin_session_is_setup()") == [(True,)]
        one.close()


def test_matching_finds_rows_by_values(session: PostgresSession, t: Table) -> None:
    session.execute("INSERT INTO t VALUES (1, 'x', '\\x01', '1:00'), (2, NULL, '\\x01', NULL), (3, 'x', NULL, NULL)")
    columns = formed(t)
    assert ENGINE.writer.matching(session, SCHEMA, t, columns, {"a": "x", "b": "01"}) == [("1", "x", "01", "01:00:00")]
    assert ENGINE.writer.matching(session, SCHEMA, t, columns, {"a": None}) == [("2", None, "01", None)]
    assert len(ENGINE.writer.matching(session, SCHEMA, t, columns, {})) == 3


def test_thousands_of_small_changes_are_applied_in_order(session: PostgresSession, t: Table) -> None:
    changes: list[Change] = []
    for n in range(4000):
        changes += [
            insert("t", id=str(n), a=f"value {n}", b="00", c=None),
            update("t", {"id": str(n)}, id=str(n), a="changed", b="01", c=None),
        ]
        if n % 2:
            changes.append(delete("t", id=str(n)))
    apply(session, t, *changes)
    assert session.execute("SELECT count(*), count(*) FILTER (WHERE a = 'changed') FROM t") == [(2000, 2000)]
