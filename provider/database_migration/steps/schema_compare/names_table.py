"""The names that the target has otherwise than the source, for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.model.report import ReportTable
from database_migration.model.schema import Index, Table
from database_migration.model.target_names import NameChange
from database_migration.steps.schema_compare.expected.build import ExpectedSchema

_PER_SCHEMA = "made to fit, and to meet no other name of the schema"
_BY_SPEC = "the spec says so"


def names_table(derived: Iterable[NameChange], expected: ExpectedSchema) -> ReportTable:
    """Every name that changes, and why: the spec's, those derived, and those of indexes and foreign keys."""
    derived = tuple(derived)
    known = {(change.kind, change.table, change.source) for change in derived}
    changes = [*derived]
    for source, target in zip(expected.selected, expected.tables, strict=True):
        changes += [one for one in _given(source, target) if (one.kind, one.table, one.source) not in known]
        changes += _of_indexes(source, target)
        changes += _of_foreign_keys(source, target)
    return ReportTable(
        "Names",
        ("kind", "table", "source", "target", "why"),
        tuple((one.kind, one.table, one.source, one.target, one.why) for one in changes),
        note="" if changes else "Every name is the same on both sides.",
    )


def _given(source: Table, target: Table) -> Iterator[NameChange]:
    if source.name != target.name:
        yield NameChange("table", source.name, source.name, target.name, _BY_SPEC)
    for here, there in zip(source.columns, target.columns, strict=False):
        if here.name != there.name:
            yield NameChange("column", source.name, here.name, there.name, _BY_SPEC)


def _of_indexes(source: Table, target: Table) -> Iterator[NameChange]:
    new = {here.name: there.name for here, there in zip(source.columns, target.columns, strict=False)}
    there = list(target.indexes)
    for index in source.indexes:
        wanted = tuple(new.get(name, name) for name in index.columns)
        twin = next((one for one in there if _is(one, index, wanted)), None)
        if twin is not None:
            there.remove(twin)
            if twin.name != index.name:
                yield NameChange("index", source.name, index.name, twin.name, _PER_SCHEMA)


def _is(one: Index, index: Index, columns: tuple[str, ...]) -> bool:
    return one.columns == columns and one.unique == index.unique and len(one.parts) == len(index.parts)


def _of_foreign_keys(source: Table, target: Table) -> Iterator[NameChange]:
    new = {here.name: there.name for here, there in zip(source.columns, target.columns, strict=False)}
    for key in source.foreign_keys:
        columns = tuple(new.get(name, name) for name in key.columns)
        alike = [one for one in target.foreign_keys if one.columns == columns]
        if len(alike) == 1 and alike[0].name != key.name:
            yield NameChange("foreign key", source.name, key.name, alike[0].name, _PER_SCHEMA)


__all__ = ["names_table"]
