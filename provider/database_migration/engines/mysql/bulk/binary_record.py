"""The vectors of a binary stream: a CSV of some thousand rows becomes big-endian records.

Records are an array of one packed structure whose fields are written column by column. The octets of NULLs
are then left out by a mask, and each record is joined with the rest of its row as the server made it. Of pyarrow
only the CSV parser is used: the first of its compute functions costs 40 MB of memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from database_migration.engines.mysql.bulk.binary_fixed import FixedColumn
from database_migration.model.bulk_format import Wire

_Vector = npt.NDArray[Any]

_ARROW = {
    "boolean": pa.uint8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "date": pa.date32(),
    "moment": pa.timestamp("us"),
    "digits": pa.string(),
}
_NUMPY = {
    "boolean": "u1",
    "int16": "i2",
    "int32": "i4",
    "int64": "i8",
    "uint64": "u8",
    "float64": "f8",
    "date": "i4",
    "moment": "i8",
}
_EPOCH_DAYS = 10_957
"""Days from 1970-01-01 to 2000-01-01."""
_EPOCH_MICROS = _EPOCH_DAYS * 86_400_000_000
_FIRST_DAY = -719_162
"""0001-01-01, in days since 1970-01-01: no other engine has a year 0."""
_DAY_MICROS = 86_400_000_000
_BAD_COLUMN = re.compile(r"In CSV column #(\d+)")


class BadValue(Exception):
    """A value that the wire cannot carry; ``column`` is '' where a record could not be made at all."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Records:
    """Makes blocks of records of one table; its arrays are used again for every block."""

    def __init__(self, columns: Sequence[FixedColumn], fields: int, rows: int) -> None:
        self._columns = columns
        self._fields = fields
        names = [f"c{number}" for number in range(len(columns))]
        self._read = csv.ReadOptions(use_threads=False, column_names=names)
        self._parse = csv.ParseOptions(quote_char=False, ignore_empty_lines=False)
        self._convert = csv.ConvertOptions(
            column_types={
                name: pa.decimal128(column.precision, column.scale)
                if column.parsed == "decimal"
                else _ARROW[column.parsed]
                for name, column in zip(names, columns, strict=True)
            },
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        )
        layout: list[tuple[str, Any]] = [("fields", ">i2")]
        for name, column in zip(names, columns, strict=True):
            layout += [(f"{name}_length", ">i4"), (name, _structure(column))]
        self._records = np.zeros(rows, dtype=np.dtype(layout))
        self._records["fields"] = fields
        self._width = self._records.dtype.itemsize
        self._keep = np.ones((rows, self._width), dtype=bool)
        self._starts: list[int] = []
        start = 2
        for name, column in zip(names, columns, strict=True):
            self._records[f"{name}_length"] = column.octets
            self._starts.append(start + 4)
            start += 4 + column.octets

    def block(self, rows: Sequence[tuple[bytes | None, ...]]) -> bytes:
        """The rows' records, out of the columns that the server sent: CSV, the rest, or both; raises BadValue."""
        count = len(rows)
        halves = list(zip(*rows, strict=True))
        lengths = np.full(count, self._width, dtype=np.int64)
        dropped = self._fill(_joined(halves[0], b"\n") + b"\n", lengths) if self._columns else False
        matrix = self._records[:count].view(np.uint8).reshape(count, self._width)
        octets = (matrix[self._keep[:count]] if dropped else matrix).tobytes()
        if len(self._columns) == self._fields:
            return octets
        ends = np.cumsum(lengths).tolist()
        pieces: list[bytes | None] = [b""] * (2 * count)
        pieces[::2] = [octets[start:end] for start, end in zip([0, *ends], ends, strict=False)]
        pieces[1::2] = halves[-1]
        return _joined(pieces)

    def _fill(self, text: bytes, lengths: _Vector) -> bool:
        """Write every column's values; True where octets of NULLs have to be left out."""
        count = len(lengths)
        self._read.block_size = len(text) + 1
        try:
            table = csv.read_csv(
                pa.py_buffer(text), self._read, self._parse, self._convert, memory_pool=pa.system_memory_pool()
            )
        except pa.ArrowInvalid as error:
            found = _BAD_COLUMN.search(str(error))
            raise BadValue(self._columns[int(found[1])].name if found else "") from None
        if table.num_rows != count:
            raise BadValue("")
        dropped = False
        for number, column in enumerate(self._columns):
            chunk = table.column(number).chunk(0)
            nulls = _nulls(chunk)
            try:
                _ENCODERS[column.wire](column, chunk, nulls, self._records[:count], f"c{number}")
            except OverflowError:
                raise BadValue(column.name) from None
            if not column.nullable:
                if nulls is not None:
                    raise BadValue(column.name)
                continue
            self._records[f"c{number}_length"][:count] = column.octets
            start = self._starts[number]
            self._keep[:count, start : start + column.octets] = True
            if nulls is not None:
                dropped = True
                self._records[f"c{number}_length"][:count][nulls] = -1
                self._keep[:count, start : start + column.octets][nulls] = False
                lengths[nulls] -= column.octets
        return dropped


def _joined(parts: Sequence[bytes | None], between: bytes = b"") -> bytes:
    """The parts as one; a part that the server could not make raises BadValue."""
    try:
        return between.join(cast("Sequence[bytes]", parts))
    except TypeError:
        raise BadValue("") from None


def _nulls(chunk: Any) -> _Vector | None:
    if not chunk.null_count:
        return None
    bits = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
    nulls: _Vector = bits[chunk.offset : chunk.offset + len(chunk)] == 0
    return nulls


def _structure(column: FixedColumn) -> Any:
    if column.wire is Wire.NUMERIC:
        return np.dtype([("head", ">i2", (4,)), ("groups", ">i2", (column.whole_groups + column.fraction_groups,))])
    if column.wire is Wire.SPAN:
        return np.dtype([("micros", ">i8"), ("days", ">i4"), ("months", ">i4")])
    if column.wire is Wire.BIT:
        return np.dtype([("bits", ">i4"), ("octets", "u1", (-(-column.bits // 8),))])
    return {
        Wire.BOOLEAN: "u1",
        Wire.INT2: ">i2",
        Wire.INT4: ">i4",
        Wire.INT8: ">i8",
        Wire.FLOAT4: ">f4",
        Wire.FLOAT8: ">f8",
        Wire.DATE: ">i4",
        Wire.MOMENT: ">i8",
        Wire.CLOCK: ">i8",
    }[column.wire]


def _values(column: FixedColumn, chunk: Any) -> _Vector:
    """The parsed numbers, whatever stands where NULL is."""
    kind = np.dtype(_NUMPY[column.parsed])
    return np.frombuffer(chunk.buffers()[1], kind, len(chunk), chunk.offset * kind.itemsize)


def _within(values: _Vector, nulls: _Vector | None, low: int, high: int) -> None:
    real = values if nulls is None else values[~nulls]
    if real.size and (int(real.min()) < low or int(real.max()) > high):
        raise OverflowError


def _plain(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    records[name] = _values(column, chunk)


def _boolean(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    values = _values(column, chunk)
    _within(values, nulls, 0, 1)
    records[name] = values


def _date(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    days = _values(column, chunk)
    _within(days, nulls, _FIRST_DAY, 2**31 - 1)
    records[name] = days - _EPOCH_DAYS


def _moment(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    micros = _values(column, chunk)
    _within(micros, nulls, _FIRST_DAY * _DAY_MICROS, 2**63 - 1)
    records[name] = micros - _EPOCH_MICROS


def _clock(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    micros = _values(column, chunk)
    _within(micros, nulls, 0, _DAY_MICROS)
    records[name] = micros


def _span(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    records[name]["micros"] = _values(column, chunk)


def _bit(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    octets = -(-column.bits // 8)
    shifted = _values(column, chunk) << np.uint64(8 * octets - column.bits)
    records[name]["bits"] = column.bits
    records[name]["octets"] = shifted.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - octets :]


def _numeric(column: FixedColumn, chunk: Any, nulls: _Vector | None, records: _Vector, name: str) -> None:
    field = records[name]
    negative, whole, fraction = (_of_digits if column.parsed == "digits" else _of_numbers)(column, chunk)
    field["head"][:, 0] = column.whole_groups + column.fraction_groups
    field["head"][:, 1] = column.whole_groups - 1
    field["head"][:, 2] = np.where(negative, 0x4000, 0)
    field["head"][:, 3] = column.scale
    groups = field["groups"]
    _split(whole, groups[:, : column.whole_groups])
    _split(fraction, groups[:, column.whole_groups :])


def _split(numbers: _Vector, groups: _Vector) -> None:
    """Numbers in groups of four digits, the last group first; or groups that are made already."""
    if numbers.ndim == 2:
        groups[:] = numbers
        return
    for place in range(groups.shape[1] - 1, 0, -1):
        rest = numbers // 10_000
        groups[:, place] = numbers - rest * 10_000
        numbers = rest
    if groups.shape[1]:
        groups[:, 0] = numbers


def _of_numbers(column: FixedColumn, chunk: Any) -> tuple[_Vector, _Vector, _Vector]:
    """Sign, whole part and fraction (filled up to groups of four digits) of numbers of up to 64 bits."""
    if column.parsed == "decimal":
        # Of the 128 bits the lower half holds all that 18 digits need.
        values = np.frombuffer(chunk.buffers()[1], "<i8", 2 * len(chunk), 16 * chunk.offset)[::2]
    else:
        values = _values(column, chunk)
    negative = values < 0
    size = np.where(negative, 0 - values, values).astype(np.uint64)
    if not column.scale:
        return negative, size, size[:0]
    unit = np.uint64(10**column.scale)
    whole = size // unit
    fill = np.uint64(10 ** (4 * column.fraction_groups - column.scale))
    return negative, whole, (size - whole * unit) * fill


def _of_digits(column: FixedColumn, chunk: Any) -> tuple[_Vector, _Vector, _Vector]:
    """The same of longer numbers, by their digits."""
    texts = [text or "0" for text in chunk.to_pylist()]
    point = 1 if column.scale else 0
    places = 4 * column.whole_groups + point + column.scale
    zero = "0" * places
    padded = [text.lstrip("-").rjust(places, "0") if text != "0" else zero for text in texts]
    octets = np.frombuffer("".join(padded).encode(), np.uint8)
    if len(octets) != places * len(texts):
        raise OverflowError
    digits = octets.reshape(len(texts), places).astype(np.int32) - 48
    fraction = np.zeros((len(texts), 4 * column.fraction_groups), np.int32)
    fraction[:, : column.scale] = digits[:, places - column.scale :]
    negative = np.array([text.startswith("-") for text in texts])
    return negative, _grouped(digits[:, : 4 * column.whole_groups]), _grouped(fraction)


def _grouped(digits: _Vector) -> _Vector:
    groups: _Vector = digits.reshape(len(digits), digits.shape[1] // 4, 4) @ np.array([1000, 100, 10, 1], np.int32)
    return groups


_ENCODERS: dict[Wire, Callable[[FixedColumn, Any, _Vector | None, _Vector, str], None]] = {
    Wire.BOOLEAN: _boolean,
    Wire.INT2: _plain,
    Wire.INT4: _plain,
    Wire.INT8: _plain,
    Wire.FLOAT4: _plain,
    Wire.FLOAT8: _plain,
    Wire.NUMERIC: _numeric,
    Wire.DATE: _date,
    Wire.MOMENT: _moment,
    Wire.CLOCK: _clock,
    Wire.SPAN: _span,
    Wire.BIT: _bit,
}

__all__ = ["BadValue", "Records"]
