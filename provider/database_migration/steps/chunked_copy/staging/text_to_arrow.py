"""Turns the rows that the source's server wrote as CSV into Arrow tables, by Arrow's own parser."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from database_migration.engines.protocol import BulkFormat
from database_migration.steps.chunked_copy.staging.column_storage import HEX, Storage, TableStorage

FORMAT = BulkFormat(delimiter=",", null="NULL", quote='"', escapes=(), binary_prefix="")
"""Values are quoted and NULL is not, so that 'NULL' and '' are values; each engine can write it."""
_PARSED_AT_ONCE = 1 << 20
"""Bytes."""


class ValueDoesNotFitError(Exception):
    """A value has no place in its column's Arrow type; the column's next choice may hold it."""

    def __init__(self, column: int) -> None:
        super().__init__(column)
        self.column = column


def whole_rows(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The stream in pieces of about a megabyte that each end where a row ends."""
    pieces: list[bytes] = []
    size = quotes = 0
    for block in blocks:
        pieces.append(block)
        size += len(block)
        quotes += block.count(b'"')
        # An even number of quotes behind us: the newline is a row's end and not a value's.
        if size >= _PARSED_AT_ONCE and quotes % 2 == 0 and block.endswith(b"\n"):
            yield b"".join(pieces)
            pieces, size, quotes = [], 0, 0
    if pieces:
        yield b"".join(pieces)


def table_of(rows: bytes, storage: TableStorage) -> Any:
    """Whole rows as an Arrow table of the storage's schema.

    :raises ValueDoesNotFitError: of the first column that has to give way.
    """
    columns = storage.columns
    try:
        parsed = _parsed(rows, columns)
    except pa.ArrowInvalid:
        for number in range(len(columns)):
            try:
                _parsed(rows, columns, only=number)
            except pa.ArrowInvalid as error:
                raise ValueDoesNotFitError(number) from error
        raise
    arrays = []
    for number, one in enumerate(columns):
        column = parsed.column(number).combine_chunks()
        try:
            # pyarrow's ArrowInvalid is a ValueError too.
            arrays.append(_unhexed(column) if one.holds == HEX else pc.cast(column, one.stored))
        except ValueError as error:
            raise ValueDoesNotFitError(number) from error
    return pa.Table.from_arrays(arrays, schema=storage.schema)


def _parsed(rows: bytes, columns: list[Storage], only: int | None = None) -> Any:
    names = [str(number) for number in range(len(columns))]
    return csv.read_csv(
        pa.BufferReader(rows),
        read_options=csv.ReadOptions(column_names=names, block_size=len(rows) + 1, use_threads=False),
        parse_options=csv.ParseOptions(
            delimiter=FORMAT.delimiter,
            quote_char=FORMAT.quote,
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=False,
        ),
        convert_options=csv.ConvertOptions(
            column_types={name: one.parsed for name, one in zip(names, columns, strict=True)},
            include_columns=[] if only is None else [names[only]],
            null_values=[FORMAT.null],
            true_values=["1"],
            false_values=["0"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            auto_dict_encode=False,
        ),
    )


def _unhexed(column: Any) -> Any:
    """Octets out of lower-case hex digits, all values in one call."""
    validity, offsets, digits = column.buffers()
    ends = np.frombuffer(offsets, np.int32, column.offset + len(column) + 1)
    octets = binascii.unhexlify(memoryview(digits)[ends[0] : ends[-1]]) if ends[-1] > ends[0] else b""
    halved = (ends - ends[0]) // 2
    return pa.Array.from_buffers(
        pa.binary(), len(column), [validity, pa.py_buffer(halved), pa.py_buffer(octets)], -1, column.offset
    )


__all__ = ["FORMAT", "ValueDoesNotFitError", "table_of", "whole_rows"]
