"""The ``tables`` part of a spec as a selection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from database_migration.errors import SpecRefused
from database_migration.model.table_selection import TableSelection


def selection_of(tables: Mapping[str, Any] | None) -> TableSelection:
    """``{include, exclude, <table>: {rename, columns: {<column>: {rename}}}}`` as a selection.

    :raises SpecRefused: a key that is none of these.
    """
    tables = dict(tables or {})
    include = tuple(tables.pop("include", ("*",)))
    exclude = tuple(tables.pop("exclude", ()))
    renames: dict[str, str] = {}
    column_renames: dict[str, dict[str, str]] = {}
    for table, change in tables.items():
        _only(change, {"rename", "columns"}, f"tables.{table}")
        if change.get("rename"):
            renames[table] = change["rename"]
        for column, column_change in (change.get("columns") or {}).items():
            _only(column_change, {"rename"}, f"tables.{table}.columns.{column}")
            column_renames.setdefault(table, {})[column] = column_change["rename"]
    return TableSelection(include, exclude, renames, column_renames)


def selection_as_tables(selection: TableSelection) -> dict[str, Any]:
    """The way back: what ``selection_of`` makes this selection from."""
    tables: dict[str, Any] = {"include": list(selection.include), "exclude": list(selection.exclude)}
    for table in sorted({*selection.renames, *selection.column_renames}):
        change: dict[str, Any] = {}
        if table in selection.renames:
            change["rename"] = selection.renames[table]
        if columns := selection.column_renames.get(table):
            change["columns"] = {column: {"rename": name} for column, name in columns.items()}
        tables[table] = change
    return tables


def _only(change: object, known: set[str], subject: str) -> None:
    unknown = sorted(set(change) - known) if isinstance(change, Mapping) else [repr(change)]
    if unknown:
        raise SpecRefused(
            f"{', '.join(unknown)} cannot be said of it.",
            mend=f"keep to {', '.join(sorted(known))}.",
            subject=subject,
        )


__all__ = ["selection_as_tables", "selection_of"]
