"""Row keys of citext and nondeterministic ICU collations: one row stays one, two rows never become one in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract.postgres.pairs import SCHEMA, formed, pair_of
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import ValueRefused, ValuesMissing
from database_migration.model.change import UNCHANGED, Change, Operation, Value
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import TablePair
from database_migration.model.text_comparison import TextComparison, comparison_of

ICU = (
    "CREATE COLLATION IF NOT EXISTS shop.folding (provider = icu, locale = 'und-u-ks-level1', deterministic = false);"
    " CREATE TABLE t (code varchar(20) COLLATE shop.folding, part int, note text, big text, PRIMARY KEY (code, part))"
)
CITEXT = (
    "CREATE EXTENSION IF NOT EXISTS citext SCHEMA shop;"
    " CREATE TABLE t (code citext, part int, note text, big text, PRIMARY KEY (code, part))"
)


def created(ddl: str, table: Callable[[str], Table], session: PostgresSession) -> Table:
    has_icu = session.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'")
    has_citext = session.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'citext'")
    if not (has_icu if ddl is ICU else has_citext):
        pytest.skip("This PostgreSQL was built without ICU or its contributed modules.")
    made = table(ddl)
    ENGINE.writer.prepare(session, "test")
    return made


@pytest.fixture(params=[ICU, CITEXT], ids=["icu", "citext"])
def t(request: pytest.FixtureRequest, table: Callable[[str], Table], session: PostgresSession) -> Table:
    return created(request.param, table, session)


def paired(target: Table, code: Column | None = None) -> TablePair:
    """The table paired with itself, or with a source whose key column is another one."""
    column = target.column("code") if code is None else code
    return pair_of(replace(target, columns=(column, *target.columns[1:])), target)


def from_mysql(target: Table, collation: str) -> TablePair:
    column = target.column("code")
    return paired(target, replace(column, type=replace(column.type, native="varchar(20)"), charset="utf8mb4",
                                  collation=collation, folding_locale=None))  # fmt: skip


def row(code: str, note: str = "x", big: Value = "big") -> dict[str, Value]:
    return {"code": code, "part": "1", "note": note, "big": big}


def insert(after: dict[str, Value]) -> Change:
    return Change(Operation.INSERT, "t", after=after)


def update(before: dict[str, Value], after: dict[str, Value]) -> Change:
    return Change(Operation.UPDATE, "t", before, after)


def apply(session: PostgresSession, pair: TablePair, *changes: Change) -> None:
    with session.transaction():
        ENGINE.writer.apply(session, SCHEMA, {"t": pair}, changes)


def rows(session: PostgresSession) -> list[tuple[object, ...]]:
    return session.execute("SELECT code::text, note, big FROM t ORDER BY code")


def test_the_catalog_tells_what_compares(t: Table) -> None:
    comparison = comparison_of(t.column("code"))
    assert comparison.case
    assert comparison in (
        TextComparison(case=True, accents=True, rules="und-u-ks-level1"),
        TextComparison(case=True, rules="citext"),
    )
    assert comparison_of(t.column("note")) == TextComparison()


@pytest.mark.parametrize("source", ["itself", "utf8mb4_0900_ai_ci"])
def test_a_key_that_changes_its_case_is_one_row(session: PostgresSession, t: Table, source: str) -> None:
    pair = paired(t) if source == "itself" else from_mysql(t, source)
    history = [
        insert(row("ab")),
        update(row("ab"), row("ab", "y")),
        update(row("ab", "y"), row("AB", "z")),
        update(row("AB", "z"), row("AB", "later")),
    ]
    apply(session, pair, *history)
    assert rows(session) == [("AB", "later", "big")]
    for change in history:  # the copy had seen the end already
        apply(session, pair, change)
    assert rows(session) == [("AB", "later", "big")]
    apply(session, pair, Change(Operation.DELETE, "t", before=row("AB")))
    assert rows(session) == []


def test_large_values_that_are_left_out_stay(session: PostgresSession, t: Table) -> None:
    apply(session, paired(t), insert(row("ab")), update(row("ab", big=UNCHANGED), row("ab", "y", UNCHANGED)))
    assert rows(session) == [("ab", "y", "big")]
    with pytest.raises(ValuesMissing):  # read again, by the side that knows them
        apply(session, paired(t), update(row("ab", big=UNCHANGED), row("AB", "y", UNCHANGED)))


@pytest.mark.parametrize("change", [insert(row("AB", "other")), update(row("zz"), row("AB", "other"))])
def test_rows_that_only_the_other_side_tells_apart_are_refused(
    session: PostgresSession, t: Table, change: Change
) -> None:
    pair = from_mysql(t, "utf8mb4_bin")
    apply(session, pair, insert(row("ab")))
    with pytest.raises(ValueRefused, match="nothing is overwritten"):
        apply(session, pair, change)
    apply(session, pair, Change(Operation.DELETE, "t", before=row("AB")))
    assert rows(session) == [("ab", "x", "big")]


def test_texts_that_are_one_by_icu_only_are_refused(session: PostgresSession, table: Callable[[str], Table]) -> None:
    t = created(ICU, table, session)
    pair = from_mysql(t, "utf8mb4_general_ci")  # to which ß is s, not ss
    apply(session, pair, insert(row("strasse")))
    with pytest.raises(ValueRefused, match="nothing is overwritten"):
        apply(session, pair, insert(row("straße")))


def test_wanted_rows_are_those_of_exactly_these_keys(session: PostgresSession, t: Table) -> None:
    session.execute("INSERT INTO t VALUES ('ab', 1), ('É', 2)")
    key = formed(t)[:2]
    found = ENGINE.rows.fetch(session, SCHEMA, t, key, KeyRange.everything(), key, [("AB", "1"), ("É", "2")])
    assert list(found) == [("É", "2")]
