"""Loads rows whose transfer texts are at hand; one that the target refuses is found by halving, and set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from database_migration.engines.protocol import BulkFormat, Session
from database_migration.errors import ValueRefused
from database_migration.ledger import Quarantine
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.column_type import Form
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.steps.quarantine_rows import RowQuarantine
from database_migration.steps.run import MigrationRun

Texts = tuple[str | None, ...]
BATCH_ROWS = 500


@dataclass(slots=True)
class LoadByTexts:
    """What one chunk's careful load brought, inside the target's transaction."""

    run: MigrationRun
    pair: TablePair
    target: Session
    quarantine: Quarantine
    rows: int = 0
    """Rows that the target took."""
    octets: int = 0
    quarantined: int = 0

    def stream(
        self, columns: Sequence[FormedColumn], blocks: Iterator[bytes], binary: BinaryFormat | None = None
    ) -> None:
        """Load a stream behind a savepoint: all of it or nothing.

        :raises ValueRefused: the target refuses a value of it.
        """
        octets = 0

        def counted() -> Iterator[bytes]:
            nonlocal octets
            for block in blocks:
                octets += len(block)
                yield block

        run, pair = self.run, self.pair
        with self.target.savepoint():
            loaded = run.target.engine.rows.load_bulk(
                self.target, run.target.schema, pair.target, columns, counted(), binary
            )
        self.rows += loaded
        self.octets += octets

    def batch(self, batch: Sequence[Texts]) -> None:
        """Load some rows (``BATCH_ROWS`` are well tried), and keep those in quarantine that are refused.

        :raises ValueRefused: a row whose treatment is to refuse; it is named. :raises Refused: too many rows.
        """
        columns = self.pair.target_columns
        try:
            self.stream(columns, iter([block_of(self.run.target.engine.traits.bulk_format, columns, batch)]))
        except ValueRefused as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self.batch(batch[:middle])
                self.batch(batch[middle:])
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


__all__ = ["BATCH_ROWS", "LoadByTexts", "Texts", "block_of"]
