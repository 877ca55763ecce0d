"""Before the copy: the schema where it is missing, then the tables with their primary keys."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.engines.protocol import Statement
from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity
from database_migration.steps.apply_schema.create import Created, create
from database_migration.steps.apply_schema.ownership import require_ours
from database_migration.steps.apply_schema.undo import undo_earlier_runs
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema, read_target, schema_exists
from database_migration.steps.schema_compare.scripts import SCHEMA, schema_statement


def drop_earlier(run: MigrationRun, ledger: Ledger) -> list[Finding]:
    """Drop what ended runs of this migration left behind, and say so."""
    dropped = [line for line in undo_earlier_runs(run, ledger, ledger.session) if line.kind in ("table", SCHEMA)]
    if not dropped:
        return []
    names = ", ".join(sorted(line.subject for line in dropped if line.kind == "table"))
    return [
        Finding(
            Severity.NOTE,
            "earlier_run_dropped",
            run.target.schema,
            f"Tables that an ended run of this migration had created were dropped: {names}.",
        )
    ]


def create_tables(run: MigrationRun, ledger: Ledger, expected: ExpectedSchema) -> Iterator[Created]:
    """Create the schema and tables that are missing, one by one."""
    session = ledger.session
    if not schema_exists(session, run.target.schema):
        yield _create(run, ledger, schema_statement(run))
    require_ours(run, ledger, session, expected.statements.tables, read_target(run, session))
    for statement in (*expected.statements.before_tables, *expected.statements.tables):
        ledger.runs.require_current(run.run_id, run.spec_hash)
        yield _create(run, ledger, statement)


def _create(run: MigrationRun, ledger: Ledger, statement: Statement) -> Created:
    line = ledger.objects.find(statement.kind, statement.subject)
    if not ledger.objects.intend(statement):
        return Created(statement, line.seconds if line else 0.0, before=True)
    transactional = run.target.engine.traits.transactional_ddl
    return create(ledger.objects, ledger.session, statement, transactional=transactional, again=line is not None)


__all__ = ["create_tables", "drop_earlier"]
