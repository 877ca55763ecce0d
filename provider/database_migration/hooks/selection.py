"""The ``tables`` part of a spec as a selection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from database_migration.errors import SpecRefused
from database_migration.model.mapping.tables import TableMapping
from database_migration.model.table_selection import TableSelection


def selection_of(tables: Mapping[str, Any] | None) -> TableSelection:
    """``{include, exclude, <table>: …}`` as a selection; of a table see ``model.mapping.tables``.

    :raises SpecRefused: what cannot be said of a table.
    """
    tables = dict(tables or {})
    include = tuple(tables.pop("include", ("*",)))
    exclude = tuple(tables.pop("exclude", ()))
    said = {table: _mapping(table, change) for table, change in tables.items()}
    columns = {
        table: {name: one.rename for name, one in mapping.columns.items() if one.rename is not None}
        for table, mapping in said.items()
    }
    return TableSelection(
        include,
        exclude,
        {table: mapping.rename for table, mapping in said.items() if mapping.rename is not None},
        {table: names for table, names in columns.items() if names},
        {table: mapping for table, mapping in said.items() if mapping.says_more_than_names},
    )


def selection_as_tables(selection: TableSelection) -> dict[str, Any]:
    """The way back: what ``selection_of`` makes this selection from."""
    tables: dict[str, Any] = {"include": list(selection.include), "exclude": list(selection.exclude)}
    for table in sorted({*selection.renames, *selection.column_renames, *selection.mappings}):
        change: dict[str, Any] = {}
        if table in selection.mappings:
            change = selection.mappings[table].model_dump(mode="json")
        if table in selection.renames:
            change["rename"] = selection.renames[table]
        for column, name in selection.column_renames.get(table, {}).items():
            change.setdefault("columns", {}).setdefault(column, {})["rename"] = name
        tables[table] = change
    return tables


def _mapping(table: str, change: object) -> TableMapping:
    try:
        return TableMapping.model_validate(change)
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(str(part) for part in ("tables", table, *found["loc"]))
        raise SpecRefused(
            f"what is said of it cannot be meant: {found['msg']}.",
            mend="`python -m migration_dag_factory check` shows the line; the README explains every key.",
            subject=where,
        ) from error


__all__ = ["selection_as_tables", "selection_of"]
