"""How much there is to copy, as the source's statistics estimate it, and in how many chunks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from database_migration.model.schema import Schema
from database_migration.model.table_selection import TablePair, pair_tables
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema


@dataclass(frozen=True, slots=True)
class TableVolume:
    """One table's share; rows and bytes are estimates."""

    pair: TablePair
    rows: int
    bytes: int
    """Data and indexes on the source."""
    chunks: int

    @property
    def name(self) -> str:
        """The table's name on the source."""
        return self.pair.source.name

    @property
    def cut_along(self) -> str:
        """The column that chunks are cut along; empty where the table is one chunk."""
        return "" if self.pair.chunk_key is None else self.pair.chunk_key.source.name


def table_volumes(run: MigrationRun, expected: ExpectedSchema, chunk_rows: int) -> list[TableVolume]:
    """Volumes in the order of the expected tables: parents before children."""
    pairs = pair_tables(run.selection, expected.source, Schema(run.target.schema, tables=expected.tables))
    by_name = {pair.source.name: pair for pair in pairs}
    return [
        TableVolume(
            by_name[table.name],
            max(table.estimated_rows, 0),
            max(table.estimated_bytes, 0),
            max(1, math.ceil(table.estimated_rows / chunk_rows)) if by_name[table.name].chunk_key else 1,
        )
        for table in expected.selected
    ]


__all__ = ["TableVolume", "table_volumes"]
