"""Rows that break a foreign key, counted when the server has refused it."""

from __future__ import annotations

from typing import cast

from database_migration.engines.protocol import Ddl, Session
from database_migration.errors import Refused
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Table


def orphan_query(ddl: Ddl, schema: str, table: Table, key: ForeignKey) -> str:
    """Counts rows whose parent is missing; NULL in any column means that there is none to miss."""
    given = " AND ".join(f"c.{ddl.quote(name)} IS NOT NULL" for name in key.columns)
    same = " AND ".join(
        f"p.{ddl.quote(parent)} = c.{ddl.quote(name)}"
        for name, parent in zip(key.columns, key.parent_columns, strict=True)
    )
    return (
        f"SELECT count(*) FROM {ddl.quote(schema, table.name)} c WHERE {given}"
        f" AND NOT EXISTS (SELECT 1 FROM {ddl.quote(schema, key.parent_table)} p WHERE {same})"
    )


def foreign_key_finding(
    session: Session, ddl: Ddl, schema: str, table: Table, key: ForeignKey, refusal: Refused
) -> Finding:
    """Why a foreign key was refused: orphans, or what the server says."""
    query = orphan_query(ddl, schema, table, key)
    orphans = int(cast(int, session.execute(query)[0][0]))
    subject = f"{table.name}.{key.name}"
    if not orphans:
        return Finding(
            Severity.BLOCKER,
            "foreign_key_refused",
            subject,
            f"The server refuses the foreign key: {refusal.problem}",
            refusal.mend,
        )
    return Finding(
        Severity.BLOCKER,
        "orphan_rows",
        subject,
        f"{orphans} rows of {table.name} refer to a row of {key.parent_table} that does not exist.",
        "mend the rows on the source (they are found by the same query there), or set"
        f" steps.apply_schema.foreign_keys: not_valid. Query: {query}",
    )


__all__ = ["foreign_key_finding", "orphan_query"]
