"""After the copy: indexes in parallel, then keys, checks, triggers of ours, views and the user's scripts in order.

A statement that the server refuses is a finding, and the others go on: whoever mends the first refusal wants
to know of the second.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from database_migration.engines.protocol import Session, Statement
from database_migration.errors import EpochPassed, Interrupted, Refused, SpecRefused
from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Table
from database_migration.steps.apply_schema.create import Created, create
from database_migration.steps.apply_schema.options import ApplySchemaOptions, ForeignKeyPolicy
from database_migration.steps.apply_schema.orphans import foreign_key_finding
from database_migration.steps.apply_schema.user_scripts import read_scripts, run_script
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema

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
        keys = _keys_by_subject(expected)
        self._note("indexes")
        self._in_parallel(self._intended(expected.statements.indexes))
        self._note("keys and views")
        self._in_order(
            self._foreign_keys(expected), lambda statement, refusal: self._foreign_key(keys, statement, refusal)
        )
        self._in_order([*expected.statements.checks, *expected.statements.after_copy, *expected.statements.views])
        dialect = self.run.target.engine.traits.engine
        for script in scripts:
            self._require_current()
            try:
                done = run_script(
                    self.ledger, self.ledger.session, script, dialect=dialect, transactional=self._transactional
                )
            except Refused as refusal:
                self._refused(script.statement, refusal)
                break  # later scripts build on earlier ones
            self.created.append(done or Created(script.statement, 0.0, before=True))
        self._note("done")

    def _note(self, doing: str) -> None:
        """Progress for the UI."""
        self.ledger.notes.put_note("apply_schema", {"doing": doing, "created": len(self.created)})

    @property
    def _transactional(self) -> bool:
        return self.run.target.engine.traits.transactional_ddl

    def _require_current(self) -> None:
        self.ledger.runs.require_current(self.run.run_id, self.run.spec_hash)

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
        known = {(line.kind, line.subject) for line in self.ledger.objects.all()}
        waiting = []
        for statement in statements:
            if self.ledger.objects.intend(statement):
                waiting.append((statement, (statement.kind, statement.subject) in known))
            else:
                self.created.append(Created(statement, 0.0, before=True))
        return waiting

    def _in_parallel(self, waiting: Sequence[tuple[Statement, bool]]) -> None:
        if not waiting:
            return
        began = time.monotonic()
        with ThreadPoolExecutor(min(self.options.parallel, len(waiting)), thread_name_prefix="index") as pool:
            futures = {pool.submit(self._create_alone, statement, again): statement for statement, again in waiting}
            try:
                for number, future in enumerate(as_completed(futures), 1):
                    try:
                        self.created.append(future.result())
                    except (Interrupted, EpochPassed, SpecRefused):
                        raise
                    except Refused as refusal:
                        self._refused(futures[future], refusal)
                    if time.monotonic() - began > _PROGRESS_SECONDS:
                        log.info("%d of %d indexes are built", number, len(futures))
                        self._note("indexes")
                        began = time.monotonic()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # what runs is finished, nothing new begins
                raise

    def _create_alone(self, statement: Statement, again: bool) -> Created:
        with self.run.target.connect("apply_schema") as session:
            ledger = self.run.ledger_over(session, self.ledger.epoch)
            ledger.runs.require_current(self.run.run_id, self.run.spec_hash)
            return create(ledger.objects, session, statement, transactional=self._transactional, again=again)

    def _in_order(
        self, statements: Sequence[Statement], explain: Callable[[Statement, Refused], Finding] | None = None
    ) -> None:
        session: Session = self.ledger.session
        for statement, again in self._intended(statements):
            self._require_current()
            try:
                self.created.append(
                    create(self.ledger.objects, session, statement, transactional=self._transactional, again=again)
                )
            except Refused as refusal:
                if explain is None:
                    self._refused(statement, refusal)
                else:
                    self.findings.append(explain(statement, refusal))

    def _foreign_key(
        self, keys: dict[str, tuple[Table, ForeignKey]], statement: Statement, refusal: Refused
    ) -> Finding:
        table, key = keys[statement.subject]
        target = self.run.target
        return foreign_key_finding(self.ledger.session, target.engine.ddl, target.schema, table, key, refusal)

    def _refused(self, statement: Statement, refusal: Refused) -> None:
        # A missing view fails the queries that name it and harms no data: a person may write it later.
        severity = Severity.WARNING if statement.kind == "view" else Severity.BLOCKER
        self.findings.append(
            Finding(
                severity,
                f"{statement.kind}_refused",
                statement.subject,
                f"The server refuses it: {refusal.problem}",
                refusal.mend,
            )
        )


def _keys_by_subject(expected: ExpectedSchema) -> dict[str, tuple[Table, ForeignKey]]:
    pairs = [(table, key) for table in expected.tables for key in table.foreign_keys]
    statements = expected.statements.foreign_keys
    return {statement.subject: pair for statement, pair in zip(statements, pairs, strict=True)}


__all__ = ["KeysStage"]
