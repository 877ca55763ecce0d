"""After the copy: indexes side by side, then foreign keys and checks likewise, then the rest in order.

A statement that the server refuses is a finding, and the others go on: whoever mends the first refusal wants
to know of the second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from database_migration.engines.protocol import Session, Statement
from database_migration.errors import EpochPassed, Interrupted, Refused, SpecRefused
from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Table
from database_migration.steps.apply_schema.code_stage import carried_code, create_code
from database_migration.steps.apply_schema.create import Created, create
from database_migration.steps.apply_schema.options import ApplySchemaOptions, ForeignKeyPolicy
from database_migration.steps.apply_schema.orphans import foreign_key_finding
from database_migration.steps.apply_schema.side_by_side import Work, side_by_side, tied_together
from database_migration.steps.apply_schema.user_scripts import read_scripts, run_script
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema
from database_migration.steps.schema_compare.advice.indexes import foreign_key_indexes
from database_migration.steps.schema_compare.expected.code import ExpectedCode

log = logging.getLogger(__name__)

_PROGRESS_SECONDS = 10.0


@dataclass(slots=True)
class KeysStage:
    """The stage's work over one ledger; ``created`` and ``findings`` fill up as it goes."""

    run: MigrationRun
    ledger: Ledger
    options: ApplySchemaOptions
    created: list[Created] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def apply(self, expected: ExpectedSchema) -> None:
        """Create everything that is missing."""
        scripts = read_scripts(self.options.scripts)  # an unreadable one stops us before the long work
        code = carried_code(self.run, self.ledger)
        self._code(code, routines=True)
        self._note("indexes")
        indexes = [*expected.statements.indexes, *self._advised(expected)]
        self._in_parallel([(statement, frozenset()) for statement in indexes])
        self._note("keys and views")
        keys = _keys_by_subject(expected)
        self._in_parallel(
            self._keys_with_locks(expected, keys),
            lambda statement, refusal: self._key_refused(keys, statement, refusal),
        )
        self._in_order([*expected.statements.after_copy, *expected.statements.views])
        self._code(code, routines=False)
        dialect = self.run.target.engine.traits.engine
        for script in scripts:
            self._require_current()
            try:
                done = run_script(
                    self.ledger, self.ledger.session, script, dialect=dialect, transactional=self._transactional
                )
            except Refused as refusal:
                self.findings.append(self._explained(script.statement, refusal))
                break  # later scripts build on earlier ones
            self.created.append(done or Created(script.statement, 0.0, before=True))
        self._note("done")

    def _code(self, code: Sequence[ExpectedCode], *, routines: bool) -> None:
        for one in create_code(self.run, self.ledger, code, routines=routines):
            if isinstance(one, Finding):
                self.findings.append(one)
            else:
                self.created.append(one)

    def _note(self, doing: str) -> None:
        """Progress for the UI."""
        self.ledger.notes.put_note("apply_schema", {"doing": doing, "created": len(self.created)})

    @property
    def _transactional(self) -> bool:
        return self.run.target.engine.traits.transactional_ddl

    def _require_current(self) -> None:
        self.ledger.runs.require_current(self.run.run_id, self.run.spec_hash)

    def _advised(self, expected: ExpectedSchema) -> list[Statement]:
        """Indexes for foreign keys, where the spec asks for them and the server does not make them."""
        engine = self.run.target.engine
        if not self.options.foreign_key_indexes or engine.traits.indexes_foreign_keys:
            return []
        return [
            engine.ddl.create_index(self.run.target.schema, table, index)
            for table in expected.tables
            for _, index in foreign_key_indexes(table)
        ]

    def _keys_with_locks(
        self, expected: ExpectedSchema, keys: Mapping[str, tuple[Table, ForeignKey]]
    ) -> list[tuple[Statement, frozenset[str]]]:
        """Foreign keys and checks, each with the tables that adding it locks."""
        ddl, schema = self.run.target.engine.ddl, self.run.target.schema
        wide = self.run.target.engine.traits.alter_locks_relatives
        relatives = tied_together(expected.tables) if wide else {}
        found = []
        for statement in self._foreign_keys(expected):
            table, key = keys[statement.subject]
            found.append((statement, relatives.get(table.name, frozenset({table.name, key.parent_table}))))
        for table in expected.tables:
            locked = relatives.get(table.name, frozenset({table.name}))
            found += [(statement, locked) for statement in ddl.add_checks(schema, table)]
        return found

    def _foreign_keys(self, expected: ExpectedSchema) -> Sequence[Statement]:
        if self.options.foreign_keys is ForeignKeyPolicy.VALIDATE:
            return expected.statements.foreign_keys
        ddl, schema = self.run.target.engine.ddl, self.run.target.schema
        return [
            ddl.add_foreign_key(schema, table, key, validate=False)
            for table in expected.tables
            for key in table.foreign_keys
        ]

    def _intended(self, statements: Sequence[Statement]) -> list[tuple[Statement, bool]]:
        """(statement, whether an earlier try intended it) of those that are not made yet."""
        known = {(line.kind, line.subject): line for line in self.ledger.objects.all()}
        waiting = []
        for statement in statements:
            line = known.get((statement.kind, statement.subject))
            if self.ledger.objects.intend(statement):
                waiting.append((statement, line is not None))
            else:
                self.created.append(Created(statement, line.seconds if line else 0.0, before=True))
        return waiting

    def _in_parallel(
        self,
        statements: Sequence[tuple[Statement, frozenset[str]]],
        explain: Callable[[Statement, Refused], Finding] | None = None,
    ) -> None:
        locks = {(statement.kind, statement.subject): tables for statement, tables in statements}
        waiting = self._intended([statement for statement, _ in statements])
        works = [Work(pair, locks[pair[0].kind, pair[0].subject]) for pair in waiting]
        began = time.monotonic()
        done = side_by_side(works, self.options.parallel, lambda pair: self._create_alone(*pair))
        for number, ((statement, _), future) in enumerate(done, 1):
            try:
                self.created.append(future.result())
            except (Interrupted, EpochPassed, SpecRefused):
                done.close()
                raise
            except Refused as refusal:
                self.findings.append((explain or self._explained)(statement, refusal))
            if time.monotonic() - began > _PROGRESS_SECONDS:
                log.info("%d of %d statements are executed", number, len(works))
                self._note(f"{statement.kind} {number} of {len(works)}")
                began = time.monotonic()

    def _create_alone(self, statement: Statement, again: bool) -> Created:
        with self.run.target.connect("apply_schema") as session:
            ledger = self.run.ledger_over(session, self.ledger.epoch)
            ledger.runs.require_current(self.run.run_id, self.run.spec_hash)
            return create(ledger.objects, session, statement, transactional=self._transactional, again=again)

    def _in_order(self, statements: Sequence[Statement]) -> None:
        session: Session = self.ledger.session
        for statement, again in self._intended(statements):
            self._require_current()
            try:
                self.created.append(
                    create(self.ledger.objects, session, statement, transactional=self._transactional, again=again)
                )
            except Refused as refusal:
                self.findings.append(self._explained(statement, refusal))

    def _key_refused(
        self, keys: dict[str, tuple[Table, ForeignKey]], statement: Statement, refusal: Refused
    ) -> Finding:
        if statement.kind != "foreign_key":
            return self._explained(statement, refusal)
        table, key = keys[statement.subject]
        target = self.run.target
        return foreign_key_finding(self.ledger.session, target.engine.ddl, target.schema, table, key, refusal)

    def _explained(self, statement: Statement, refusal: Refused) -> Finding:
        # A missing view fails the queries that name it and harms no data: a person may write it later.
        severity = Severity.WARNING if statement.kind == "view" else Severity.BLOCKER
        return Finding(
            severity,
            f"{statement.kind}_refused",
            statement.subject,
            f"The server refuses it: {refusal.problem}",
            refusal.mend,
        )


def _keys_by_subject(expected: ExpectedSchema) -> dict[str, tuple[Table, ForeignKey]]:
    pairs = [(table, key) for table in expected.tables for key in table.foreign_keys]
    statements = expected.statements.foreign_keys
    return {statement.subject: pair for statement, pair in zip(statements, pairs, strict=True)}


__all__ = ["KeysStage"]
