"""How much there is to copy, estimated by the source's statistics or counted, and in how many chunks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from database_migration.engines.protocol import Session
from database_migration.model.key_range import ChunkKey, Cut
from database_migration.model.schema import Schema, Table
from database_migration.model.table_selection import TablePair, pair_tables
from database_migration.steps.chunked_copy.chunks import chunk_rows, cutting_key
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema


@dataclass(frozen=True, slots=True)
class TableVolume:
    """One table's share; bytes are always an estimate."""

    pair: TablePair
    rows: int
    counted: bool
    """Whether ``rows`` was counted; otherwise the source's statistics say it."""
    bytes: int
    """Data and indexes on the source."""
    chunks: int
    cut_along: str
    """What chunks are cut along, in words; empty where the table is one chunk."""

    @property
    def name(self) -> str:
        """The table's name on the source."""
        return self.pair.source.name

    @property
    def row_bytes(self) -> float:
        """Bytes of a row with its share of the indexes; 0 where there is no row."""
        return self.bytes / self.rows if self.rows else 0.0

    @property
    def keys(self) -> int:
        """Secondary indexes and foreign keys that wait until rows are in."""
        return len(self.pair.target.indexes) + len(self.pair.target.foreign_keys)


def table_volumes(run: MigrationRun, expected: ExpectedSchema, options: PlanOptions) -> list[TableVolume]:
    """Volumes in the order of the expected tables: parents before children."""
    pairs = pair_tables(run.selection, expected.source, Schema(run.target.schema, tables=expected.tables))
    by_name = {pair.source.name: pair for pair in pairs}
    copy = ChunkedCopyOptions(chunk_rows=options.chunk_rows)
    with run.source.connect("plan") as session:
        return [
            _volume(run, copy, by_name[table.name], rows, counted=counted)
            for table, rows, counted in _rows(run, session, expected.selected, exact=options.count_rows == "exact")
        ]


def _volume(run: MigrationRun, copy: ChunkedCopyOptions, pair: TablePair, rows: int, *, counted: bool) -> TableVolume:
    key = cutting_key(run, pair)
    return TableVolume(
        pair,
        rows,
        counted,
        max(pair.source.estimated_bytes, 0),
        1 if key is None else max(1, math.ceil(rows / chunk_rows(copy, pair))),
        "" if key is None else _spelled(key),
    )


def _spelled(key: ChunkKey) -> str:
    names = ", ".join(part.column for part in key.parts)
    return {Cut.ORDER: names, Cut.HASH: f"hash of {names}", Cut.PLACE: "place in the file"}[key.cut]


def _rows(
    run: MigrationRun, session: Session, tables: tuple[Table, ...], *, exact: bool
) -> Iterator[tuple[Table, int, bool]]:
    """Each table with its rows, and whether they were counted.

    Statistics that know of no rows know of an empty table or of nothing: a count tells, and is quick in the first case.
    They know nothing of a condition, either.
    """
    for table in tables:
        if exact or table.where or table.estimated_rows <= 0:
            yield table, run.source.engine.catalog.exact_count(session, table), True
        else:
            yield table, table.estimated_rows, False


__all__ = ["TableVolume", "table_volumes"]
