"""One migration's two ends, and the runs between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from database_migration.hooks.archive import archive_at
from database_migration.hooks.endpoint import endpoint_of, secret_of
from database_migration.hooks.engine import engine_named
from database_migration.hooks.mapping import mapping_of
from database_migration.hooks.object_storage import storage_at
from database_migration.hooks.selection import selection_as_tables, selection_of
from database_migration.ledger import Controls, Runs, is_installed
from database_migration.model.control import Activity, ControlLine
from database_migration.model.migration_state import RunState
from database_migration.steps.run import Database, MigrationRun

#: The note under which preflight stores what of the spec a later rollback needs.
SPEC_NOTE = "spec"


def database_of(conn_id: str, schema: str | None = None) -> Database:
    """The database behind a connection, with its credentials; see ``endpoint_of`` for what is raised."""
    endpoint = endpoint_of(conn_id, schema)
    return Database(engine_named(endpoint.engine), endpoint)


@dataclass(frozen=True)
class MigrationHook:
    """What an operator's keyword arguments mean; connections are read when first needed.

    :param migration: the migration's name in the ledger.
    :param source_conn_id: connection of the source.
    :param target_conn_id: connection of the target, where the ledger is.
    :param source_schema: schema to migrate; None: the connection's.
    :param target_schema: schema to migrate into; None: the connection's.
    :param tables: the spec's ``tables``.
    :param mapping: the spec's ``mapping``.
    :param spec_hash: hash of the resolved spec.
    :param online: whether changes are replicated.
    :param reports: where reports are filed; None: the configured place.
    """

    migration: str
    source_conn_id: str
    target_conn_id: str
    source_schema: str | None = None
    target_schema: str | None = None
    tables: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    spec_hash: str = ""
    online: bool = True
    reports: str | None = None

    @cached_property
    def source(self) -> Database:
        """The source, with its connection's credentials, and what masks are made with."""
        source = database_of(self.source_conn_id, self.source_schema)
        conn_id = mapping_of(self.mapping).masks.secret_conn_id
        return source if conn_id is None else replace(source, secret=secret_of(conn_id))

    @cached_property
    def target(self) -> Database:
        """The target, with its connection's credentials."""
        return database_of(self.target_conn_id, self.target_schema)

    def run(self, run_id: str) -> MigrationRun:
        """The run of this id as the arguments describe it; it need not be in the ledger yet."""
        return MigrationRun(
            migration=self.migration,
            run_id=run_id,
            source=self.source,
            target=self.target,
            archive=archive_at(self.reports),
            declared=selection_of(self.tables),
            mapping=mapping_of(self.mapping),
            spec_hash=self.spec_hash,
            online=self.online,
            storage=storage_at,
        )

    def state(self) -> RunState | None:
        """Where the migration's current run stands; None before the first one."""
        with self.target.connect("look at the ledger") as session:
            return Runs(session, self.migration).current() if is_installed(session) else None

    def paused(self, activity: Activity) -> ControlLine | None:
        """By whom and why an activity of the current run is paused; None while it is not."""
        with self.target.connect("look at the ledger") as session:
            state = Runs(session, self.migration).current() if is_installed(session) else None
            return None if state is None else Controls(session, self.migration, state.epoch).paused(activity)

    def current_run(self) -> MigrationRun | None:
        """The current run with this spec's hash, so that an edited spec is refused; None before the first one."""
        state = self.state()
        return None if state is None else self.run(state.run_id)

    def run_as_opened(self, state: RunState) -> MigrationRun:
        """The current run by the spec that it was opened with, whatever the spec says by now.

        Going back has to work even when somebody has edited the spec in the meantime.
        """
        run = replace(self.run(state.run_id), spec_hash=state.spec_hash)
        with run.ledger() as ledger:
            note = ledger.notes.get_note(SPEC_NOTE)
        if isinstance(note, dict):
            run = replace(
                run,
                declared=selection_of(note["tables"]),
                mapping=mapping_of(note.get("mapping")),
                online=bool(note["online"]),
            )
        return run

    def remember_spec(self, run: MigrationRun) -> None:
        """Store with the run what ``run_as_opened`` needs."""
        note = {
            "tables": selection_as_tables(run.declared),
            "mapping": run.mapping.model_dump(mode="json", exclude_defaults=True),
            "online": run.online,
        }
        with run.current_ledger() as ledger:
            ledger.notes.put_note(SPEC_NOTE, note)


__all__ = ["SPEC_NOTE", "MigrationHook", "database_of"]
