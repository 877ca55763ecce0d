"""Loads a chunk in which the target refused a value: the good rows land, the bad ones go to quarantine.

The chunk's key range is cut into parts that are streamed as before, each behind a savepoint; a part that is refused is
cut again. What is small, or cannot be cut, is read as texts and loaded by batches, which are halved until a single
row is refused. All of it happens in the chunk's own transaction: its rows, its line and its quarantine commit
together, and a lane that dies in between leaves nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from database_migration.engines.protocol import BulkFormat, Session
from database_migration.errors import ValueRefused
from database_migration.ledger import Quarantine
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.split_range import split
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.steps.chunked_copy.copy_format import TableStream
from database_migration.steps.quarantine_rows import RowQuarantine
from database_migration.steps.run import MigrationRun

_PARTS = 16
_DEPTH = 2
_BATCH_ROWS = 500

Texts = tuple[str | None, ...]


@dataclass(slots=True)
class CarefulLoad:
    """One chunk's second attempt, inside the target's transaction."""

    run: MigrationRun
    pair: TablePair
    stream: TableStream
    source: Session
    target: Session
    quarantine: Quarantine
    rows: int = 0
    """Rows that the target took."""
    octets: int = 0
    quarantined: int = 0

    def load(self, rows: KeyRange) -> None:
        """Load what the target can hold of a range.

        :raises ValueRefused: a row whose treatment is to refuse; it is named. :raises Refused: too many rows.
        """
        self._part(rows, _DEPTH)

    def _part(self, rows: KeyRange, depth: int) -> None:
        parts = split(rows, _PARTS) if depth else []
        if not parts:
            self._by_texts(rows)
        for part in parts:
            try:
                self._streamed(part)
            except ValueRefused:
                self._part(part, depth - 1)

    def _streamed(self, rows: KeyRange) -> None:
        run, pair = self.run, self.pair
        blocks = run.source.engine.rows.read_bulk(
            self.source,
            run.source.schema,
            pair.source,
            self.stream.source_columns,
            rows,
            self.stream.binary or run.target.engine.traits.bulk_format,
        )
        with closing(cast(Any, blocks)), self.target.savepoint():
            self._load(self.stream.target_columns, blocks, self.stream.binary)

    def _load(
        self, columns: Sequence[FormedColumn], blocks: Iterator[bytes], binary: BinaryFormat | None = None
    ) -> None:
        octets = 0

        def counted() -> Iterator[bytes]:
            nonlocal octets
            for block in blocks:
                octets += len(block)
                yield block

        run, pair = self.run, self.pair
        loaded = run.target.engine.rows.load_bulk(
            self.target, run.target.schema, pair.target, columns, counted(), binary
        )
        self.rows += loaded
        self.octets += octets

    def _by_texts(self, rows: KeyRange) -> None:
        run, pair = self.run, self.pair
        found = run.source.engine.rows.fetch(self.source, run.source.schema, pair.source, pair.source_columns, rows)
        with closing(cast(Any, found)):
            while batch := list(islice(found, _BATCH_ROWS)):
                self._batch(batch)

    def _batch(self, batch: Sequence[Texts]) -> None:
        form = self.run.target.engine.traits.bulk_format
        try:
            with self.target.savepoint():
                columns = self.pair.target_columns
                self._load(columns, iter([block_of(form, columns, batch)]))
        except ValueRefused as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self._batch(batch[:middle])
                self._batch(batch[middle:])
                return
            names = [column.source.name for column in self.pair.columns]
            keeper = RowQuarantine(self.run, self.quarantine, "copy")
            keeper.keep(self.pair, dict(zip(names, batch[0], strict=True)), error)
            self.quarantined += 1


def block_of(form: BulkFormat, columns: Sequence[FormedColumn], rows: Sequence[Texts]) -> bytes:
    """Rows in a bulk format, out of their transfer texts."""
    lines = []
    for row in rows:
        fields = [_field(form, formed, text) for formed, text in zip(columns, row, strict=True)]
        lines.append(form.delimiter.join(fields) + "\n")
    return "".join(lines).encode("utf-8", "surrogateescape")


def _field(form: BulkFormat, formed: FormedColumn, text: str | None) -> str:
    if text is None:
        return form.null
    if form.quote is not None:
        prefix = form.binary_prefix if formed.form is Form.BINARY else ""
        return f"{form.quote}{prefix}{text.replace(form.quote, form.quote * 2)}{form.quote}"
    if formed.form is Form.BINARY:
        return form.binary_prefix + text
    for character, replacement in form.escapes:
        text = text.replace(character, replacement)
    return text


__all__ = ["CarefulLoad", "block_of"]
