"""The tables of labels that a spec asks for in the place of enums (``mapping.types``: ``enum: lookup``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from database_migration.model.schema import Table


def label_tables(selected: Sequence[Table], held: Sequence[Table]) -> Mapping[str, tuple[str, ...]]:
    """{name: labels} of the tables that only the held tables' foreign keys know; both sequences in one order."""
    known = {table.name for table in held}
    found = {}
    for source, target in zip(selected, held, strict=True):
        places = {column.name: place for place, column in enumerate(target.columns)}
        for key in target.foreign_keys:
            if key.parent_table not in known:
                found[key.parent_table] = source.columns[places[key.columns[0]]].type.values
    return found


def missing_tables(names: Iterable[str], there: Mapping[str, object]) -> list[Table]:
    """Those that the target lacks, as tables of which nothing but the name is compared."""
    return [Table(name, ()) for name in names if name not in there]


__all__ = ["label_tables", "missing_tables"]
