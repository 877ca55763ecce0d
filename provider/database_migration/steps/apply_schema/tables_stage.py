"""Before the copy: the schema where it is missing, what tables are made of, then the tables with their primary keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from database_migration.engines.protocol import Statement
from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity
from database_migration.steps.apply_schema.code_stage import carried_code, create_code
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


def create_tables(run: MigrationRun, ledger: Ledger, expected: ExpectedSchema) -> Iterator[Created | Finding]:
    """Create the schema and tables that are missing, one by one; what is refused of stored code is a finding."""
    session = ledger.session
    if not schema_exists(session, run.target.schema):
        yield _create(run, ledger, schema_statement(run))
    tables = [one for one in (*expected.statements.before_tables, *expected.statements.tables) if one.kind == "table"]
    require_ours(run, ledger, session, tables, read_target(run, session))
    for statement in expected.statements.before_tables:
        ledger.runs.require_current(run.run_id, run.spec_hash)
        yield _create(run, ledger, statement)
    if words := _words_of_columns(expected):
        called = [one for one in carried_code(run, ledger) if one.source.name in words]
        yield from create_code(run, ledger, called, routines=True)
    for statement in expected.statements.tables:
        ledger.runs.require_current(run.run_id, run.spec_hash)
        yield _create(run, ledger, statement)


def _words_of_columns(expected: ExpectedSchema) -> frozenset[str]:
    """Every word of the defaults and generated columns that may be the name of a routine they call."""
    texts = [column.generated or "" for table in expected.tables for column in table.columns]
    texts += [
        column.default.text
        for table in expected.tables
        for column in table.columns
        if column.default is not None and column.default.is_expression
    ]
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


def _create(run: MigrationRun, ledger: Ledger, statement: Statement) -> Created:
    line = ledger.objects.find(statement.kind, statement.subject)
    if not ledger.objects.intend(statement):
        return Created(statement, line.seconds if line else 0.0, before=True)
    transactional = run.target.engine.traits.transactional_ddl
    return create(ledger.objects, ledger.session, statement, transactional=transactional, again=line is not None)


__all__ = ["create_tables", "drop_earlier"]
