"""Turns Arrow columns back into transfer texts, and those into the target's bulk format, whole columns at a time."""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from database_migration.engines.protocol import BulkFormat
from database_migration.model.column_type import Form
from database_migration.model.table_selection import FormedColumn
from database_migration.steps.chunked_copy.staging.column_storage import HEX, holding

Texts = tuple[str | None, ...]
_NOTHING = pa.scalar(b"", pa.binary())
_MOST_OCTETS = 2**31 - 1
"""That an Arrow array's 32-bit offsets reach."""
_SPECIAL_NUMBERS = ((float("inf"), b"Infinity"), (float("-inf"), b"-Infinity"))


def texts_of(column: Any, field: Any) -> Any:
    """A column's transfer texts, as binary; NULL where the value is."""
    type_ = column.type
    if pa.types.is_binary(type_):
        return _hexed(column) if holding(field) == HEX else column
    if pa.types.is_string(type_):
        return column.cast(pa.binary())
    if pa.types.is_boolean(type_):
        return pc.if_else(column, _scalar(b"1"), _scalar(b"0"))
    if pa.types.is_decimal(type_):
        return _plain_decimals(column)
    if pa.types.is_floating(type_):
        return _numbers(column)
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        column = column.cast(pa.timestamp("us"))
    return column.cast(pa.string()).cast(pa.binary())


def rows_of_texts(batch: Any, schema: Any) -> list[Texts]:
    """A batch's rows as transfer texts; octets that are no UTF-8 as lone surrogates."""
    columns = [
        [None if value is None else value.decode("utf-8", "surrogateescape") for value in texts.to_pylist()]
        for texts in (texts_of(column, field) for column, field in zip(batch.columns, schema, strict=True))
    ]
    return list(zip(*columns, strict=True))


def bulk_block(batch: Any, schema: Any, form: BulkFormat, columns: Sequence[FormedColumn]) -> bytes:
    """A batch's rows in a bulk format."""
    last = len(columns) - 1
    fields = []
    for number, (column, field, formed) in enumerate(zip(batch.columns, schema, columns, strict=True)):
        end = b"\n" if number == last else b""
        texts = _escaped(texts_of(column, field), form, formed)
        quote = (form.quote or "").encode()
        before = quote + (form.binary_prefix.encode() if formed.form is Form.BINARY else b"")
        if before or quote or end:
            texts = _joined(_scalar(before), texts, _scalar(quote + end))
        fields.append(texts.fill_null(_scalar(form.null.encode() + end)))
    rows = pc.binary_join_element_wise(*fields, _scalar(form.delimiter.encode())) if last else fields[0]
    return _octets(rows)


def _escaped(texts: Any, form: BulkFormat, formed: FormedColumn) -> Any:
    if formed.form is Form.BINARY:
        return texts
    pairs = form.escapes if form.quote is None else ((form.quote, form.quote * 2),)
    present = _octets(texts)
    for character, replacement in pairs:
        if character.encode() in present:
            texts = pc.replace_substring(texts, character.encode(), replacement.encode())
    return texts


def _scalar(octets: bytes) -> Any:
    return pa.scalar(octets, pa.binary())


def _joined(*parts: Any) -> Any:
    """Parts of each value put together; NULL where one is."""
    return pc.binary_join_element_wise(*parts, _NOTHING)


def _ends(column: Any) -> Any:
    return np.frombuffer(column.buffers()[1], np.int32, column.offset + len(column) + 1)


def _octets(column: Any) -> bytes:
    """All values of a binary column, one behind the other."""
    ends = _ends(column)
    first, last = int(ends[column.offset]), int(ends[-1])
    return bytes(memoryview(column.buffers()[2])[first:last]) if last > first else b""


def _hexed(column: Any) -> Any:
    ends = _ends(column)
    octets = column.buffers()[2]
    digits = binascii.hexlify(memoryview(octets)[ends[0] : ends[-1]]) if ends[-1] > ends[0] else b""
    doubled = (ends.astype(np.int64) - ends[0]) * 2
    if doubled[-1] > _MOST_OCTETS:
        raise ValueError(f"{doubled[-1]} hex digits at once: row groups have to be smaller")
    doubled = doubled.astype(np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(column), [column.buffers()[0], pa.py_buffer(doubled), pa.py_buffer(digits)], -1, column.offset
    )


def _plain_decimals(column: Any) -> Any:
    """Digits and point, never an exponent, which Arrow's own text has for small numbers."""
    type_ = column.type
    whole_type = type(type_)
    whole = pa.decimal128(type_.precision, 0) if whole_type is pa.Decimal128Type else pa.decimal256(type_.precision, 0)
    # The same octets, with the point behind them.
    digits = pa.Array.from_buffers(whole, len(column), column.buffers(), -1, column.offset).cast(pa.string())
    scale = type_.scale
    if scale == 0:
        return digits.cast(pa.binary())
    sign = pc.if_else(pc.starts_with(digits, "-"), _scalar(b"-"), _scalar(b""))
    padded = pc.ascii_lpad(pc.ascii_ltrim(digits, "-"), width=scale + 1, padding="0")
    front = pc.utf8_slice_codeunits(padded, 0, -scale).cast(pa.binary())
    behind = pc.utf8_slice_codeunits(padded, -scale).cast(pa.binary())
    return _joined(sign, front, _scalar(b"."), behind)


def _numbers(column: Any) -> Any:
    """Texts that read back as the same double, the special ones as PostgreSQL spells them."""
    texts = column.cast(pa.string()).cast(pa.binary())
    if pc.all(pc.is_finite(column)).as_py() in (True, None):
        return texts
    texts = pc.if_else(pc.is_nan(column), _scalar(b"NaN"), texts)
    for number, word in _SPECIAL_NUMBERS:
        texts = pc.if_else(pc.equal(column, number), _scalar(word), texts)
    return texts


__all__ = ["Texts", "bulk_block", "rows_of_texts", "texts_of"]
