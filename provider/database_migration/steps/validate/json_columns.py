"""JSON columns, which no server can digest alike: documents are parsed here and compared by content."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator

from database_migration.engines.protocol import Session
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.bisection import RowKey, Suspects
from database_migration.steps.validate.canonical import canonical
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.sides import Sides, on_target

_ROWS_IN_MEMORY = 200_000
_Line = tuple[RowKey, bytes]


def has_json(pair: TablePair) -> bool:
    """Whether a table has columns that checksums leave out."""
    return any(column.form is Form.JSON for column in pair.columns)


def find_json_suspects(sides: Sides, pair: TablePair, rows: KeyRange, at_most: int, suspects: Suspects) -> None:
    """Add the rows of a range whose documents differ; in as many passes as keep one side's digests small.

    Rows that one side does not have are left to the checksums where there is a key to tell them by.
    """
    passes = 1 + at_most // _ROWS_IN_MEMORY
    for turn in range(passes):
        source, target = sides.both(
            lambda session: list(_source(sides, session, pair, rows, turn, passes)),  # noqa: B023  called at once
            lambda session: list(_target(sides, session, pair, rows, turn, passes)),  # noqa: B023
        )
        if pair.row_key:
            there = dict(target)
            for key, digest in source:
                if there.get(key, digest) != digest:
                    suspects.add(key)
        else:
            one, other = Counter(digest for _, digest in source), Counter(digest for _, digest in target)
            for kind, only in ((DifferenceKind.MISSING, one - other), (DifferenceKind.EXTRA, other - one)):
                suspects.keyless += [Difference(pair.source.name, kind, rows=count) for count in only.values()]


def _source(sides: Sides, session: Session, pair: TablePair, rows: KeyRange, turn: int, passes: int) -> Iterator[_Line]:
    columns = [*pair.row_key, *(column for column in pair.columns if column.form is Form.JSON)]
    found = sides.run.source.engine.rows.fetch(
        session, sides.run.source.schema, pair.source, [column.on_source for column in columns], rows
    )
    return _lines(pair, found, turn, passes)


def _target(sides: Sides, session: Session, pair: TablePair, rows: KeyRange, turn: int, passes: int) -> Iterator[_Line]:
    columns = [*pair.row_key, *(column for column in pair.columns if column.form is Form.JSON)]
    found = sides.run.target.engine.rows.fetch(
        session, sides.run.target.schema, pair.target, [c.on_target for c in columns], on_target(pair, rows)
    )
    return _lines(pair, found, turn, passes)


def _lines(pair: TablePair, found: Iterator[tuple[str | None, ...]], turn: int, passes: int) -> Iterator[_Line]:
    width = len(pair.row_key)
    for texts in found:
        key = tuple(str(canonical(column.form, text)) for column, text in zip(pair.row_key, texts, strict=False))
        documents = [canonical(Form.JSON, text) for text in texts[width:]]
        written = "\0".join("N" if document is None else f"V{document}" for document in documents)
        digest = hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        tell_by = "\0".join(key).encode("utf-8", "surrogatepass") if width else digest
        if passes == 1 or zlib.crc32(tell_by) % passes == turn:
            yield key, digest


__all__ = ["find_json_suspects", "has_json"]
