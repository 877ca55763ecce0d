"""Values that no other engine can hold, counted by one scan of each table that may have any."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.row_ranges import source_of
from database_migration.engines.protocol import Session
from database_migration.model.column_type import Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table

_DATES = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)
_WORDS = {
    "special_number": "NaN or infinity",
    "special_date": "infinite, before the year 1 or after 9999",
    "long_interval": "intervals with months, or beyond 838:59:59",
}


def value_findings(session: Session, schema: str, tables: Sequence[Table]) -> list[Finding]:
    """A warning per column that holds such values; tables without columns of these types are not read."""
    found: list[Finding] = []
    for table in tables:
        asked = [
            (column, code, condition) for column in table.copied_columns for code, condition in _conditions(column)
        ]
        if not asked:
            continue
        counts = ", ".join(f"count(*) FILTER (WHERE {condition})" for _, _, condition in asked)
        row = session.execute(f"SELECT {counts} FROM {source_of(schema, table)}")[0]
        for (column, code, _), count in zip(asked, row, strict=True):
            if count:
                found.append(
                    Finding(
                        Severity.WARNING,
                        code,
                        f"{schema}.{table.name}.{column.name}",
                        f"{count} values are {_WORDS[code]}; only PostgreSQL can hold them.",
                        mend="correct them, leave the column out, or let the rows go to quarantine.",
                    )
                )
    return found


def _conditions(column: Column) -> list[tuple[str, str]]:
    name = f"t.{quote(column.name)}"
    kind = column.type.kind
    if kind in (Kind.DOUBLE, Kind.FLOAT) or (kind is Kind.DECIMAL and column.type.precision is None):
        return [("special_number", f"{name} IN ('NaN', 'Infinity', '-Infinity')")]
    if kind is Kind.DECIMAL:
        return [("special_number", f"{name} = 'NaN'")]
    if kind in _DATES:
        return [("special_date", f"{name} < '0001-01-01' OR {name} >= '10000-01-01'")]
    if kind is Kind.INTERVAL:
        beyond = f"abs(extract(epoch FROM {name})) > 3020399"
        return [("long_interval", f"extract(year FROM {name}) <> 0 OR extract(month FROM {name}) <> 0 OR {beyond}")]
    return []


__all__ = ["value_findings"]
