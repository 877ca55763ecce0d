"""In which format a table's rows cross: the text that every engine writes, or a binary stream where both ends can."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)


class CopyFormat(StrEnum):
    """What the spec may ask for."""

    AUTO = "auto"
    """Binary where both engines can and the table is large enough for it to be faster."""
    TEXT = "text"
    BINARY = "binary"
    """Binary wherever both engines can, whatever the table's size."""


@dataclass(frozen=True, slots=True)
class TableStream:
    """The columns of a table in the order in which they are streamed, and the binary format; None: text."""

    source_columns: tuple[FormedColumn, ...]
    target_columns: tuple[FormedColumn, ...]
    binary: BinaryFormat | None = None


def stream_of(run: MigrationRun, pair: TablePair, wanted: CopyFormat) -> TableStream:
    """How a table's rows are streamed; text where a column has no binary form that both engines know."""
    text = TableStream(pair.source_columns, pair.target_columns)
    if wanted is CopyFormat.TEXT:
        return text
    form = run.target.engine.rows.binary_format(pair.target, pair.target_columns)
    if form is None:
        return text
    order = form.fixed_first
    form = form.ordered(order)
    source_columns = tuple(pair.source_columns[place] for place in order)
    pays_from = run.source.engine.rows.binary_pays_from(pair.source, source_columns, form)
    if pays_from is None:
        if wanted is CopyFormat.BINARY:
            log.info("%s goes by text: a column's type has no binary form on both sides.", pair.source.name)
        return text
    if wanted is CopyFormat.AUTO and pair.source.estimated_rows < pays_from:
        return text
    return TableStream(source_columns, tuple(pair.target_columns[place] for place in order), form)


__all__ = ["CopyFormat", "TableStream", "stream_of"]
