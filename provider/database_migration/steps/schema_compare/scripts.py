"""The expected schema as scripts that a person can read and run, under Flyway's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.engines.protocol import Statement
from database_migration.ledger import Ledger
from database_migration.model.report import ReportScript
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.existing import schema_exists
from database_migration.steps.schema_compare.expected.build import ExpectedSchema

SCHEMA = "schema"
"""The ledger's kind of a schema of ours."""


def schema_scripts(run: MigrationRun, expected: ExpectedSchema, *, create_schema: bool) -> Iterator[ReportScript]:
    """``V1__tables.sql``, ``V2__keys.sql``, ``V3__views.sql`` and the undo of each, for the server's own client.

    ``create_schema``: the schema is ours to make and to drop.
    """
    statements = expected.statements
    ddl, schema = run.target.engine.ddl, run.target.schema
    first = (*statements.before_tables, *statements.tables)
    if create_schema:
        first = (schema_statement(run), *first)
    for number, name, group in ((1, "tables", first), (2, "keys", statements.keys), (3, "views", statements.views)):
        if group:
            filename = f"{number}__{name}.sql"
            yield ReportScript(f"Creates {name}", ddl.script(schema, group), f"V{filename}")
            yield ReportScript(f"Takes {name} back", ddl.script(schema, group, undo=True), f"U{filename}")


def schema_statement(run: MigrationRun) -> Statement:
    """A schema of ours. RESTRICT: it is dropped only when nobody has put anything into it.

    MySQL, whose schemas cannot be missing once we are connected to one, does not know the word: there the
    undo would be a syntax error rather than a database that is gone.
    """
    name = run.target.engine.ddl.quote(run.target.schema)
    return Statement(SCHEMA, run.target.schema, f"CREATE SCHEMA {name}", f"DROP SCHEMA IF EXISTS {name} RESTRICT")


def schema_is_ours(run: MigrationRun, ledger: Ledger) -> bool:
    """Whether the target's schema is missing, or was made by this run."""
    return ledger.objects.find(SCHEMA, run.target.schema) is not None or not schema_exists(
        ledger.session, run.target.schema
    )


def statement_text(statements: Iterable[Statement]) -> str:
    """Statements as one text."""
    return "\n\n".join(f"{statement.sql.rstrip().removesuffix(';')};" for statement in statements)


__all__ = ["SCHEMA", "schema_is_ours", "schema_scripts", "schema_statement", "statement_text"]
