"""Values that no other engine can hold, counted: one scan per table, over the columns concerned only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.model.column_type import Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table

_DATES = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.JSON})


@dataclass(frozen=True, slots=True)
class _Question:
    """One count: a condition over a column and what rows that fulfil it mean."""

    column: str
    condition: str
    code: str
    severity: Severity
    meaning: str
    mend: str


def value_findings(session: MySQLSession, schema: str, tables: Sequence[Table]) -> list[Finding]:
    """How many rows hold zero or partial dates, NUL characters, tinyint(1) beyond 0 and 1."""
    found = []
    for table in tables:
        questions = [question for column in table.columns for question in _questions(table, column)]
        if not questions:
            continue
        sums = ", ".join(f"COALESCE(SUM({question.condition}), 0)" for question in questions)
        counts = session.execute(f"SELECT {sums} FROM {quote(schema, table.name)}")[0]
        for question, count in zip(questions, counts, strict=True):
            if rows := int(str(count)):
                found.append(
                    Finding(
                        question.severity, question.code, f"{table.name}.{question.column}",
                        f"{rows:,} rows hold {question.meaning}.", mend=question.mend,
                    )
                )  # fmt: skip
    return found


def _questions(table: Table, column: Column) -> Iterator[_Question]:
    name = quote(column.name)
    where = f"UPDATE {quote(table.name)} SET {name} = … WHERE"
    if column.type.kind in _DATES:
        condition = f"MONTH({name}) = 0 OR DAYOFMONTH({name}) = 0"
        yield _Question(
            column.name, condition, "zero_date", Severity.BLOCKER,
            "a zero or partial date, which no other engine can hold",
            f"{where} {condition}; (NULL, or the date that is meant)",
        )  # fmt: skip
    elif column.type.kind in _TEXTS:
        # As octets: MySQL's default collation gives NUL no weight, and then it is found in every text.
        condition = f"LOCATE(X'00', CONVERT(CONVERT({name} USING utf8mb4) USING binary)) > 0"
        yield _Question(
            column.name, condition, "nul_character", Severity.BLOCKER,
            "a NUL character, which PostgreSQL cannot hold in text",
            f"{where} {condition}; (or hold the column as binary)",
        )  # fmt: skip
    elif column.type.kind is Kind.INTEGER and column.type.bits == 8 and column.type.length == 1:
        yield _Question(
            column.name, f"{name} NOT IN (0, 1)", "tinyint_not_boolean", Severity.NOTE,
            "neither 0 nor 1 in a tinyint(1), so the column stays a number", "none is needed.",
        )  # fmt: skip


__all__ = ["value_findings"]
