"""Advice about indexes: which are twice, which nobody reads, and which a foreign key or a query would need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from database_migration.engines.protocol import Ddl, IndexUse
from database_migration.model.report import Finding, ReportScript, ReportTable, Severity
from database_migration.model.schema import ForeignKey, Index, IndexMethod, IndexPart, Table

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice, on the target's names."""

    code: str
    """``index_redundant``, ``index_unused``, ``index_missing_for_foreign_key``, ``index_missing_for_query``."""
    table: str
    index: str
    why: str
    ddl: str
    """What to run on the target to follow it."""

    @property
    def finding(self) -> Finding:
        """A note."""
        return Finding(Severity.NOTE, self.code, f"{self.table}.{self.index}", self.why, f"{self.ddl};")


def redundant(ddl: Ddl, schema: str, table: Table) -> Iterator[Advice]:
    """Indexes whose work another index, or the primary key, does as well."""
    kept = [index for index in table.indexes if index.method is IndexMethod.BTREE]
    for index in list(kept):
        if index.unique:
            continue
        better = next((other for other in kept if other is not index and _covers(other, index)), None)
        by_key = index.predicate is None and not index.include and _leads(table.primary_key, index)
        if better is None and not by_key:
            continue
        kept.remove(index)  # of two that are equal one stays
        name = "the primary key" if better is None else f"the index {better.name}"
        yield Advice(
            "index_redundant",
            table.name,
            index.name,
            f"Every search that it serves, {name} serves as well; it only costs writes and room.",
            ddl.create_index(schema, table, index).undo,
        )


def _covers(other: Index, index: Index) -> bool:
    same_rows = other.predicate == index.predicate
    return same_rows and other.parts[: len(index.parts)] == index.parts and set(index.include) <= set(other.include)


def _leads(names: tuple[str, ...], index: Index) -> bool:
    plain = all(part.column and part.prefix is None and not part.descending for part in index.parts)
    return plain and names[: len(index.parts)] == index.columns


def unused(ddl: Ddl, schema: str, source: Table, target: Table, use: IndexUse) -> Iterator[Advice]:
    """Plain indexes that the source never read; those of unique and foreign keys are needed all the same."""
    if use.reads is None:
        return
    for index, held in _paired(source, target):
        if index.unique or use.reads.get((source.name, index.name), 0):
            continue
        if any(index.columns[: len(key.columns)] == key.columns for key in source.foreign_keys):
            continue
        yield Advice(
            "index_unused",
            target.name,
            held.name,
            f"The source has not read its index {index.name} since {use.since}.",
            ddl.create_index(schema, target, held).undo,
        )


def _paired(source: Table, target: Table) -> Iterator[tuple[Index, Index]]:
    """The source's indexes with the target's of the same place among the columns."""
    places = {column.name: place for place, column in enumerate(source.columns)}
    there = {column.name: place for place, column in enumerate(target.columns)}
    held = {tuple(there[name] for name in index.columns): index for index in target.indexes if index.columns}
    for index in source.indexes:
        twin = held.get(tuple(places[name] for name in index.columns)) if index.columns else None
        if twin is not None:
            yield index, twin


def foreign_key_indexes(table: Table) -> Iterator[tuple[ForeignKey, Index]]:
    """An index for each foreign key whose columns lead none."""
    taken: list[tuple[str, ...]] = []
    for key in table.foreign_keys:
        if not (serves(table, key.columns) or key.columns in taken):
            taken.append(key.columns)
            yield key, plain_index(table.name, key.columns)


def missing_for_foreign_keys(ddl: Ddl, schema: str, table: Table) -> Iterator[Advice]:
    """Without such an index each change of the parent reads the whole child."""
    for key, index in foreign_key_indexes(table):
        yield Advice(
            "index_missing_for_foreign_key",
            table.name,
            index.name,
            f"No index begins with {', '.join(key.columns)}: each DELETE in {key.parent_table}, and each UPDATE of its"
            f" key, reads the whole table because of the foreign key {key.name}.",
            ddl.create_index(schema, table, index).sql,
        )


def serves(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether the primary key or a plain index begins with these columns, in any order."""
    wanted = set(columns)
    if set(table.primary_key[: len(columns)]) == wanted:
        return True
    return any(
        index.predicate is None
        and index.method in (IndexMethod.BTREE, IndexMethod.HASH)
        and {part.column for part in index.parts[: len(columns)]} == wanted
        for index in table.indexes
    )


def plain_index(table: str, columns: tuple[str, ...]) -> Index:
    """An index that is called after what it is on."""
    name = f"{table}_{'_'.join(columns)}_idx"
    if len(name.encode()) > _LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name.encode()[: _LONGEST_NAME - 9].decode(errors='ignore')}_{digest}"
    return Index(name, tuple(IndexPart(column) for column in columns))


def advice_table(advice: Iterable[Advice], use: IndexUse) -> ReportTable:
    """The advice as a table."""
    since = (
        f"Reads of indexes are counted since {use.since}: judge whether that is a typical time."
        if use.reads is not None
        else f"The source does not count reads of indexes, so unused ones are not known. To count them: {use.mend}"
    )
    return ReportTable(
        "Index advice",
        ("advice", "table", "index", "why", "statement"),
        tuple((one.code, one.table, one.index, one.why, one.ddl) for one in advice),
        note=f"Nothing of this is done by itself. {since}",
    )


def advice_script(advice: Iterable[Advice]) -> list[ReportScript]:
    """The statements in a file; each is commented out, for a person to choose."""
    lines = [f"-- {one.code} {one.table}.{one.index}: {one.why}\n-- {one.ddl};" for one in advice]
    if not lines:
        return []
    return [ReportScript("Index advice", "\n\n".join(lines) + "\n", "index_advice.sql")]


__all__ = [
    "Advice",
    "advice_script",
    "advice_table",
    "foreign_key_indexes",
    "missing_for_foreign_keys",
    "plain_index",
    "redundant",
    "serves",
    "unused",
]
