"""A write fence of statement triggers.

A trigger binds every role, superusers and sessions that are open already included, needs no privilege but the
table's ownership, and is still there when we are not. It is ENABLE ALWAYS, so it also stops the apply worker of
somebody's subscription; our own applier passes because its session says so.

Creating a trigger waits for the transactions that have written to the table and makes new writers wait
behind us. So the lock on all tables is tried for short moments, given up entirely, and tried again, beginning
with the table that could not be had: a transaction that needs two of the tables in another order is never
kept in a deadlock, and a steady stream of such transactions does not keep us out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.names import quote
from database_migration.engines.protocol import FenceOutcome, Session
from database_migration.errors import Interrupted, Refused, SourceChanged

_TRIGGER = "database_migration_fence"
_TRY_SECONDS = 0.5
"""Below deadlock_timeout (1 s), so that the server never has to choose a victim among the application."""


@dataclass(frozen=True, slots=True)
class _Fenced:
    name: str
    oid: int
    is_up: bool
    selected: str


@dataclass(frozen=True, slots=True)
class _HeldUp:
    member: _Fenced
    error: Interrupted


class PostgresWriteFence:
    """Fulfils ``protocol.WriteFence``."""

    def raise_(self, session: Session, schema: str, tables: Sequence[str], *, timeout: float) -> FenceOutcome:
        """All tables or none; open transactions are waited for."""
        began = time.monotonic()
        members = _members(session, schema, tables)
        missing = sorted(set(tables) - {member.selected for member in members})
        if missing:
            raise SourceChanged(
                f"The tables {', '.join(missing)} do not exist.", mend="plan the migration anew.", subject=schema
            )
        if all(member.is_up for member in members):
            return FenceOutcome(len(tables), 0, time.monotonic() - began)
        with session.transaction():
            if not session.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'database_migration'"):
                session.execute("CREATE SCHEMA database_migration")
            session.execute(sql.load("fence_function"))
        ended = 0
        while True:
            left = began + timeout - time.monotonic()
            held_up = self._put_up(session, members, max(min(_TRY_SECONDS, left), 0.05))
            if held_up is None:
                return FenceOutcome(len(tables), ended, time.monotonic() - began)
            if left <= 0:
                raise Interrupted(
                    f"Writers did not let go of the tables for {timeout:g} s ({_holders(session, members)}).",
                    mend="end their transactions, or give the fence more time, then try again.",
                    subject=schema,
                ) from held_up.error
            members = [held_up.member, *(one for one in members if one is not held_up.member)]
            if time.monotonic() > began + timeout / 2:
                ended += _end_idle(session, members)
            time.sleep(0.05)

    def _put_up(self, session: Session, members: Sequence[_Fenced], seconds: float) -> _HeldUp | None:
        """Lock all tables and fence them; the table at which ``seconds`` ran out, if they did."""
        deadline = time.monotonic() + seconds
        wanted = members[0]
        try:
            with session.transaction():
                for wanted in members:
                    wait = max(int((deadline - time.monotonic()) * 1000), 1)
                    session.execute(f"SET LOCAL lock_timeout = '{wait}ms'")
                    session.execute(f"LOCK TABLE {wanted.name} IN SHARE ROW EXCLUSIVE MODE")
                for member in members:
                    session.execute(
                        f"CREATE OR REPLACE TRIGGER {_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE"
                        f" ON {member.name} FOR EACH STATEMENT EXECUTE FUNCTION database_migration.fence()"
                    )
                    session.execute(f"ALTER TABLE {member.name} ENABLE ALWAYS TRIGGER {_TRIGGER}")
        except Interrupted as error:
            return _HeldUp(wanted, error)
        return None

    def lower(self, session: Session, schema: str, tables: Sequence[str]) -> None:
        """Let everybody write again; twice is once."""
        with session.transaction():
            for member in _members(session, schema, tables):
                session.execute(f"DROP TRIGGER IF EXISTS {_TRIGGER} ON {member.name}")
        _tidy(session)

    def is_up(self, session: Session, schema: str, tables: Sequence[str]) -> bool:
        """Whether every one of the tables is fenced."""
        members = _members(session, schema, tables)
        return {member.selected for member in members} == set(tables) and all(member.is_up for member in members)


def _members(session: Session, schema: str, tables: Sequence[str]) -> list[_Fenced]:
    names = "{" + ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in tables) + "}"
    return [
        _Fenced(quote(str(space), str(name)), int(str(oid)), bool(is_up), str(selected))
        for space, name, oid, is_up, selected in session.execute(sql.load("fenced_tables"), [schema, names])
    ]


@dataclass(frozen=True, slots=True)
class _Blocker:
    """A row of fence_blockers.sql."""

    pid: int
    state: str
    user: str
    lingers: bool


def _blockers(session: Session, members: Sequence[_Fenced]) -> list[_Blocker]:
    oids = "{" + ",".join(str(member.oid) for member in members) + "}"
    rows = session.execute(sql.load("fence_blockers"), [oids])
    return [_Blocker(int(str(pid)), str(state), str(user), bool(lingers)) for pid, state, user, lingers in rows]


def _holders(session: Session, members: Sequence[_Fenced]) -> str:
    found = [f"process {one.pid} of {one.user}, {one.state}" for one in _blockers(session, members)]
    return "; ".join(found) or "see pg_prepared_xacts and pg_locks"


def _end_idle(session: Session, members: Sequence[_Fenced]) -> int:
    """End sessions that hold a lock and have done nothing for a second; those that we may not end are waited for."""
    ended = 0
    for blocker in _blockers(session, members):
        if blocker.lingers:
            try:
                ended += bool(session.execute("SELECT pg_terminate_backend(%s, 1000)", [blocker.pid])[0][0])
            except Refused:
                continue
    return ended


def _tidy(session: Session) -> None:
    """Drop the function once no table is fenced, and the schema if nothing else is in it."""
    session.execute(
        "DO $$ BEGIN"
        " IF to_regprocedure('database_migration.fence()') IS NOT NULL AND NOT EXISTS ("
        "  SELECT FROM pg_trigger WHERE tgfoid = to_regprocedure('database_migration.fence()')) THEN"
        "  DROP FUNCTION database_migration.fence();"
        "  IF NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('database_migration'))"
        "   AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = to_regnamespace('database_migration')) THEN"
        "   DROP SCHEMA database_migration;"
        "  END IF;"
        " END IF; END $$"
    )


__all__ = ["PostgresWriteFence"]
