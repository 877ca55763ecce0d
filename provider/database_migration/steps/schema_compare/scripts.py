"""The expected schema as scripts that a person can read and run, under Flyway's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.engines.protocol import Statement
from database_migration.model.report import ReportScript
from database_migration.steps.schema_compare.expected import ExpectedSchema


def schema_scripts(expected: ExpectedSchema) -> Iterator[ReportScript]:
    """``V1__tables.sql``, ``V2__keys.sql``, ``V3__views.sql`` and the undo of each."""
    statements = expected.statements
    for number, name, group in (
        (1, "tables", statements.tables),
        (2, "keys", statements.keys),
        (3, "views", statements.views),
    ):
        if group:
            yield _script(f"V{number}__{name}.sql", f"Creates {name}", (statement.sql for statement in group))
            undo = (statement.undo for statement in reversed(group) if statement.undo)
            yield _script(f"U{number}__{name}.sql", f"Takes {name} back", undo)


def _script(filename: str, title: str, texts: Iterable[str]) -> ReportScript:
    return ReportScript(title, "\n\n".join(_terminated(text) for text in texts) + "\n", filename)


def _terminated(text: str) -> str:
    return text if text.rstrip().endswith(";") else f"{text.rstrip()};"


def statement_text(statements: Iterable[Statement]) -> str:
    """Statements as one script."""
    return "\n\n".join(_terminated(statement.sql) for statement in statements)


__all__ = ["schema_scripts", "statement_text"]
