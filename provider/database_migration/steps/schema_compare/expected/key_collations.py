"""One comparison over all text columns that foreign keys tie together: a child's value is its parent's or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table
from database_migration.model.text_comparison import CITEXT, is_text
from database_migration.steps.schema_compare.expected.key_types import Place, tied_columns


def unify_key_collations(tables: Sequence[Table]) -> tuple[tuple[Table, ...], list[Finding]]:
    """The tables whose children compare as their parents do, and what was changed for that."""
    columns = {(table.name, column.name): column for table in tables for column in table.columns}
    changed: dict[Place, Column] = {}
    findings: list[Finding] = []
    for parent, *children in tied_columns(tables, columns.keys()):
        wanted = columns[parent]
        for place in children:
            column = columns[place]
            if not is_text(column) or not is_text(wanted) or _compares(column) == _compares(wanted):
                continue
            changed[place] = replace(
                column,
                type=wanted.type if CITEXT in (column.type.native, wanted.type.native) else column.type,
                charset=wanted.charset,
                collation=wanted.collation,
                folding_locale=wanted.folding_locale,
            )
            findings.append(_unified(place, parent, wanted))
    unified = tuple(
        replace(table, columns=tuple(changed.get((table.name, column.name), column) for column in table.columns))
        for table in tables
    )
    return unified, findings


def _compares(column: Column) -> tuple[str | None, bool]:
    return column.collation, column.type.native == CITEXT


def _unified(place: Place, parent: Place, wanted: Column) -> Finding:
    by = CITEXT if wanted.type.native == CITEXT else wanted.collation or "the default collation"
    return Finding(
        Severity.NOTE,
        "key_collation_unified",
        ".".join(place),
        f"The column compares by {by}, as {'.'.join(parent)} does, which a foreign key ties it to.",
    )


__all__ = ["unify_key_collations"]
