"""The stage of a rehearsal: a migration of its own name, that can reach neither the real schema nor the traffic.

It is a run like any other, so every step works on it unchanged. What makes it safe is where it stands: its target is
another schema, its switch moves nothing, and the steps that hold writers (cutover, rollback) are only ever called on a
clone. That the clone is none of the real databases is asked of the servers, by a lock that only one session of a
database can hold: a second name for one host would deceive a comparison of addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from database_migration.engines.protocol import Session
from database_migration.errors import NotPossible, SpecRefused
from database_migration.ledger import Ledger, Runs, install, is_installed
from database_migration.steps.rehearse.options import RehearseOptions
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import schema_exists
from database_migration.steps.wait_for_lock import wait_for_lock

SUFFIX = "__rehearsal"
MADE_NOTE = "rehearsal_schema"
"""The ledger's note of the schema that the rehearsal made, stored before it is made."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One migration's rehearsal."""

    run: MigrationRun
    """The real run; only its ledger is written."""
    rehearsed: MigrationRun
    """The same migration on the stage."""
    base: Database
    """Where one stands to make the stage's schema and to drop it: the same server, a schema that exists."""
    cloned: bool
    """Whether the stage's source is a clone, which may be fenced and written to."""

    @property
    def schema(self) -> str:
        """The stage's target schema."""
        return self.rehearsed.target.schema

    @property
    def beside(self) -> bool:
        """Whether the stage lies in the same database server as the real target."""
        return self.base is self.run.target


def rehearsal_of(
    run: MigrationRun, options: RehearseOptions, *, clone: Database | None = None, target: Database | None = None
) -> Rehearsal:
    """The stage for a run; ``clone`` and ``target`` are the databases that the options name by connection."""
    if target is None:
        schema = options.target_schema or run.target.schema + SUFFIX
        endpoint = run.target.endpoint
        within = endpoint.database if endpoint.database != endpoint.schema else schema
        stage, base = Database(run.target.engine, replace(endpoint, schema=schema, database=within)), run.target
    else:
        stage = base = target
    rehearsed = MigrationRun(
        migration=run.migration + SUFFIX,
        run_id=run.run_id,
        source=clone or run.source,
        target=stage,
        archive=run.archive,
        declared=run.declared,
        mapping=run.mapping,
        spec_hash=run.spec_hash,
        online=run.online,
    )
    return Rehearsal(run, rehearsed, base, clone is not None)


def require_apart(rehearsal: Rehearsal) -> None:
    """Make sure that the stage is none of the two real databases.

    :raises SpecRefused: it is.
    """
    run, rehearsed = rehearsal.run, rehearsal.rehearsed
    if rehearsal.beside:
        if rehearsal.schema == run.target.schema:
            raise SpecRefused(
                "the rehearsal's schema is the target itself.",
                mend="choose another steps.rehearse.target_schema.",
                subject=run.migration,
            )
    elif _same(run.target, rehearsed.target) or _same(run.source, rehearsed.target):
        raise SpecRefused(
            "steps.rehearse.target leads to one of the migration's own databases.",
            mend="name a server of its own, or leave it out: the rehearsal then has a schema of its own.",
            subject=run.migration,
        )
    if rehearsal.cloned and (_same(run.source, rehearsed.source) or _same(run.target, rehearsed.source)):
        raise SpecRefused(
            "steps.rehearse.clone leads to one of the migration's own databases: its writers would be fenced.",
            mend="name a copy of the source, restored elsewhere.",
            subject=run.migration,
        )
    if _same(rehearsed.source, rehearsed.target):
        raise SpecRefused(
            "the rehearsal would read and write the same schema.",
            mend="choose another steps.rehearse.target_schema.",
            subject=run.migration,
        )


def _same(one: Database, other: Database) -> bool:
    """Whether two databases are one: a lock on the first cannot be taken on the second."""
    if one.engine.traits.engine != other.engine.traits.engine or one.schema != other.schema:
        return False
    name = f"database_migration:rehearse:{one.schema}"
    with one.connect("rehearse") as here, other.connect("rehearse") as there:
        return not here.try_lock(name) or not there.try_lock(name)


@contextmanager
def stage_ledger(rehearsal: Rehearsal) -> Iterator[Ledger | None]:
    """The ledger of the rehearsal that is under way, or was left behind; None when there is none."""
    migration = rehearsal.rehearsed.migration
    with rehearsal.base.connect("rehearsal") as session:
        state = Runs(session, migration).current() if is_installed(session) else None
        yield None if state is None else Ledger(session, migration, state.run_id, state.epoch)


def set_the_stage(rehearsal: Rehearsal) -> None:
    """Open the rehearsal's run and make its schema, each known to the ledger before it exists.

    :raises NotPossible: the schema stands there already, and holds something.
    """
    run, rehearsed = rehearsal.run, rehearsal.rehearsed
    with rehearsal.base.connect("rehearsal") as session:
        install(session, rehearsal.base.engine.traits.engine)
        state = Runs(session, rehearsed.migration).open(rehearsed.run_id, rehearsed.spec_hash)
        ledger = Ledger(session, rehearsed.migration, rehearsed.run_id, state.epoch)
        if not schema_exists(session, rehearsal.schema):
            ledger.notes.put_note(MADE_NOTE, rehearsal.schema)
            session.execute(f"CREATE SCHEMA {rehearsal.base.engine.ddl.quote(rehearsal.schema)}")
        elif _holds_tables(rehearsed.target, session):
            raise NotPossible(
                f"the schema {rehearsal.schema}, where it would be rehearsed, holds tables of somebody else.",
                mend="drop them if nobody needs them, or choose another steps.rehearse.target_schema.",
                subject=run.migration,
            )


def take_stage(rehearsal: Rehearsal, session: Session) -> bool:
    """Keep rehearsal and clearing of one migration from working at the same time, for the session's life."""
    return wait_for_lock(lambda: session.try_lock(f"database_migration:{rehearsal.rehearsed.migration}:stage"))


def _holds_tables(target: Database, session: Session) -> bool:
    return bool(target.engine.catalog.read(session, target.schema).tables)


__all__ = [
    "MADE_NOTE",
    "SUFFIX",
    "Rehearsal",
    "rehearsal_of",
    "require_apart",
    "set_the_stage",
    "stage_ledger",
    "take_stage",
]
