"""What every step is handed: both databases, the ledger, the selection and the archive of one run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

from database_migration.engines.protocol import ChangeLog, Endpoint, Engine, Session
from database_migration.errors import SourceChanged
from database_migration.ledger import Ledger, Runs, holds_run, install, is_installed, open_ledger
from database_migration.model.doubts import with_doubts
from database_migration.model.mapping import Mapping
from database_migration.model.mapping.names import LetterCase
from database_migration.model.migration_state import RunState, Side
from database_migration.model.schema import Schema
from database_migration.model.table_selection import TablePair, TableSelection, pair_tables
from database_migration.model.target_names import NameChange, derive_names, named_changes, with_names
from database_migration.reports.archive import ReportArchive
from database_migration.steps.known_columns import known_columns
from database_migration.steps.mapped_schema import mapped_schema
from database_migration.steps.object_storage import Storage, local_storage

NAMES_NOTE = "names"
"""The ledger's note of derived names: [[kind, table, source name, target name, why], …]."""
LEFT_OUT_NOTE = "left_out"
"""The ledger's note of source tables that a rollback took out of the run."""


@dataclass(frozen=True, slots=True)
class Database:
    """An engine together with the place where it is met."""

    engine: Engine
    endpoint: Endpoint
    secret: str = field(default="", repr=False)
    """What masks are made with; sessions are told, and nobody else."""

    @property
    def schema(self) -> str:
        """The schema that is migrated."""
        return self.endpoint.schema

    @contextmanager
    def connect(self, purpose: str) -> Iterator[Session]:
        """A session that is closed at the end."""
        session = self.engine.connect(self.endpoint, purpose=purpose)
        try:
            if self.secret:
                self.engine.mapping.set_secret(session, self.secret)
            yield session
        finally:
            session.close()

    @property
    def change_log(self) -> ChangeLog:
        """The log of this server."""
        return self.engine.change_log(self.endpoint)

    def read_schema(self) -> Schema:
        """The schema as the server's catalog has it now."""
        with self.connect("catalog") as session:
            return self.schema_over(session)

    def schema_over(self, session: Session) -> Schema:
        """The same over a session that is open already."""
        return self.engine.catalog.read(session, self.schema)


@dataclass(frozen=True, slots=True)
class MigrationRun:
    """One run of a migration; frozen, so that a step cannot pass state to the next one but by the ledger."""

    migration: str
    run_id: str
    source: Database
    target: Database
    archive: ReportArchive
    declared: TableSelection = field(default_factory=TableSelection)
    """The tables that take part, and the names that the spec itself gives them; steps go by ``selection``."""
    mapping: Mapping = field(default_factory=Mapping)
    spec_hash: str = ""
    online: bool = True
    """False: the application is stopped and nothing is replicated."""
    storage: Storage = field(default=local_storage, repr=False, compare=False)
    """Opens the object stores that the spec names."""
    _selected: list[tuple[TableSelection, Mapping, TableSelection]] = field(
        default_factory=list, repr=False, compare=False
    )
    """What is declared and what became of it, once that is known."""

    @property
    def selection(self) -> TableSelection:
        """The tables that take part, under all names that they get: the spec's, and those derived from the source's
        where the target cannot have them, as preflight noted them in the ledger; without those that a rollback took
        out of the run."""
        for declared, mapping, selection in self._selected:
            if declared is self.declared and mapping is self.mapping:
                return selection
        with self.target.connect("selection") as session:
            selection = replace(with_names(self.declared, self._names(session)), left_out=self._left_out(session))
        self._selected.append((self.declared, self.mapping, selection))
        return selection

    @property
    def keeps_names(self) -> bool:
        """Whether the target can have every name of the source: a server of its kind, and nothing else is wanted."""
        engines = self.source.engine.traits.engine, self.target.engine.traits.engine
        return engines[0] == engines[1] and self.mapping.names.case is LetterCase.KEEP

    def name_changes(self) -> tuple[NameChange, ...]:
        """The derived names; where none were noted yet, they are worked out from the source's schema as it is."""
        with self.target.connect("names") as session:
            return self._names(session)

    def forget_selection(self) -> None:
        """Work the selection out anew when it is asked for next: a rollback has changed it."""
        self._selected.clear()

    def _names(self, session: Session) -> tuple[NameChange, ...]:
        if self.keeps_names:
            return ()
        noted = self._noted(session, NAMES_NOTE)
        return self.derived_names(self.source.read_schema()) if noted is None else tuple(named_changes(noted))

    def _left_out(self, session: Session) -> frozenset[str]:
        return frozenset(cast("list[str]", self._noted(session, LEFT_OUT_NOTE) or ()))

    def _noted(self, session: Session, name: str) -> object:
        if not is_installed(session) or not holds_run(session, self.migration, self.run_id):
            return None
        return open_ledger(session, self.migration, self.run_id).notes.get_note(name)

    def derived_names(self, source: Schema) -> tuple[NameChange, ...]:
        """The names that a source's schema gets by the spec's policy and the target server's rules."""
        with self.target.connect("names") as session:
            rules = self.target.engine.inspection.name_rules(session)
        return derive_names(source, self.declared, self.mapping.names, rules)

    def source_schema(self) -> Schema:
        """The source's schema as its catalog has it now, and as the spec maps it."""
        with self.source.connect("catalog") as session:
            return self.source_schema_over(session)

    def source_schema_over(self, session: Session) -> Schema:
        """The same over a session that is open already."""
        return self.mapped(session, self.source.schema_over(session))

    def mapped(self, session: Session, schema: Schema) -> Schema:
        """A schema of the source as the spec maps it; ``session`` is on the source."""
        if not self.declared.mappings:
            return schema
        return mapped_schema(self.source.engine.mapping, session, schema, self.declared.mappings)

    def database(self, side: Side) -> Database:
        """The database of a side."""
        return self.source if side is Side.SOURCE else self.target

    @property
    def log_name(self) -> str:
        """The name under which this migration's slots, publications and origins are known to servers."""
        return "".join(letter if letter.isalnum() else "_" for letter in self.migration.lower())

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The run's ledger over a session of its own on the target."""
        with self.target.connect("ledger") as session:
            yield open_ledger(session, self.migration, self.run_id)

    @contextmanager
    def current_ledger(self) -> Iterator[Ledger]:
        """The same, refusing when this run may not work any more (``EpochPassed``, ``SpecRefused``)."""
        with self.ledger() as ledger:
            ledger.runs.require_current(self.run_id, self.spec_hash)
            yield ledger

    def ledger_over(self, session: Session, epoch: int) -> Ledger:
        """The run's ledger over a session that also loads or applies, so that both commit together."""
        return Ledger(session, self.migration, self.run_id, epoch)

    def open(self) -> RunState:
        """Create the control schema on the target and make this run the current one."""
        with self.target.connect("ledger") as session:
            install(session, self.target.engine.traits.engine)
            return Runs(session, self.migration).open(self.run_id, self.spec_hash)

    def pairs(self) -> tuple[TablePair, ...]:
        """The selected tables, source and target side by side, as the catalogs have them now; columns that the source
        has got since and that wait or are left out (``known_columns``) are not among them.

        :raises SourceChanged: a source column has no partner on the target.
        """
        with self.source.connect("catalog") as source, self.target.connect("catalog") as target:
            return self.pairs_over(source, target)

    def pairs_over(self, source_session: Session, target_session: Session) -> tuple[TablePair, ...]:
        """The same over sessions on the source and on the target that are open already."""
        source = self.source_schema_over(source_session)
        try:
            return self.paired(source, self.target.schema_over(target_session))
        except KeyError:
            with self.ledger() as ledger:
                source = known_columns(ledger, source)
        try:
            # The target is read again: it has a column before the ledger says that it is known.
            return self.paired(source, self.target.schema_over(target_session))
        except KeyError as error:
            raise SourceChanged(
                f"the source's column {error.args[0]} has no partner on the target.",
                mend=f"drop it again, or trigger {self.migration}__rollback and start a new run that plans for it.",
                subject=f"{self.migration} source {self.source.schema}",
            ) from error

    def paired(self, source: Schema, target: Schema) -> tuple[TablePair, ...]:
        """The selected tables of two schemas side by side, with what the spec puts for values that do not fit.

        :raises KeyError: a source column has no partner on the target.
        """
        one, other = self.source.engine.traits.values, self.target.engine.traits.values
        pairs = pair_tables(self.selection, source, target)
        return tuple(with_doubts(pair, self.mapping.values, one, other) for pair in pairs)

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)


__all__ = ["LEFT_OUT_NOTE", "NAMES_NOTE", "Database", "MigrationRun"]
