"""Row events decoded into transfer texts, by the table map of the event and the columns that were asked for.

The library has read the event's head; the rows are read here, from its octets. A column that was not asked for is
stepped over, and one with the octets that it had in the image before is not decoded again: most of a row stays as it
was when a row is updated. What cannot be read exactly raises ValueRefused, and a table whose columns are not those
that were planned for raises SourceChanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pymysqlreplication.constants import FIELD_TYPE

from database_migration.engines.mysql.log import values as log_values
from database_migration.engines.mysql.log.charsets import Charsets
from database_migration.engines.mysql.log.json import json_text
from database_migration.engines.mysql.log.values import Decode, Field
from database_migration.engines.mysql.row_sql.labels import label_array_of_set
from database_migration.errors import SourceChanged, ValueRefused
from database_migration.model.change import RowImage
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import substituted

_INTEGERS = {
    FIELD_TYPE.TINY: 1,
    FIELD_TYPE.SHORT: 2,
    FIELD_TYPE.INT24: 3,
    FIELD_TYPE.LONG: 4,
    FIELD_TYPE.LONGLONG: 8,
}
_PREFIXED = frozenset({FIELD_TYPE.BLOB, FIELD_TYPE.GEOMETRY, FIELD_TYPE.JSON})
_STRINGS = frozenset({FIELD_TYPE.VARCHAR, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING})
_UUID_DIGITS = 32
_REMEMBERED_OCTETS = 1 << 16
"""Longer values are decoded each time rather than kept."""
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_BYTES = frozenset({Kind.VARBINARY, Kind.BLOB, Kind.SPATIAL})

_KINDS: Mapping[int, frozenset[Kind]] = {
    **dict.fromkeys(_INTEGERS, frozenset({Kind.INTEGER})),
    FIELD_TYPE.FLOAT: frozenset({Kind.FLOAT}),
    FIELD_TYPE.DOUBLE: frozenset({Kind.DOUBLE}),
    FIELD_TYPE.NEWDECIMAL: frozenset({Kind.DECIMAL}),
    FIELD_TYPE.DATE: frozenset({Kind.DATE}),
    FIELD_TYPE.DATETIME2: frozenset({Kind.DATETIME}),
    FIELD_TYPE.TIMESTAMP2: frozenset({Kind.TIMESTAMP}),
    FIELD_TYPE.TIME2: frozenset({Kind.TIME}),
    FIELD_TYPE.YEAR: frozenset({Kind.YEAR}),
    FIELD_TYPE.BIT: frozenset({Kind.BIT}),
    FIELD_TYPE.ENUM: frozenset({Kind.ENUM}),
    FIELD_TYPE.SET: frozenset({Kind.SET}),
    FIELD_TYPE.JSON: frozenset({Kind.JSON}),
    FIELD_TYPE.GEOMETRY: frozenset({Kind.SPATIAL}),
    FIELD_TYPE.BLOB: frozenset({Kind.TEXT, Kind.BLOB, Kind.JSON}),
    FIELD_TYPE.VARCHAR: frozenset({Kind.VARCHAR, Kind.VARBINARY}),
    FIELD_TYPE.VAR_STRING: frozenset({Kind.VARCHAR, Kind.VARBINARY}),
    FIELD_TYPE.STRING: frozenset({Kind.CHAR, Kind.BINARY, Kind.UUID}),
}
"""Which kinds of the catalog a type of the log can be."""


_Layout = tuple[int, tuple[tuple[int, str | None, int, bool, Decode, int], ...]]
"""Octets of the null bits; (null bit, name, size, prefixed, decode, number) of each column that is present."""


class TableDecoder:
    """Decodes the rows of one table map: made once, used for every row event that refers to it."""

    def __init__(
        self, subject: str, logged: Sequence[Any], columns: Sequence[FormedColumn], charsets: Charsets
    ) -> None:
        self._subject = subject
        wanted = {formed.name: formed for formed in columns}
        names = [column.name for column in logged]
        if None in names:
            raise ValueRefused(
                "The log does not name the columns.",
                mend="SET GLOBAL binlog_row_metadata = 'FULL' (and in the server's configuration), then start anew.",
                subject=subject,
            )
        if missing := [name for name in wanted if name not in names]:
            raise SourceChanged(
                f"The log's rows have no column {missing[0]}.", mend="plan the migration anew.", subject=subject
            )
        self._fields: list[tuple[str | None, Field]] = []
        for column in logged:
            formed = wanted.get(column.name)
            field = self._skipped(column) if formed is None else self._field(column, formed, charsets)
            self._fields.append((None if formed is None else column.name, field))
        self._layouts: dict[bytes, _Layout] = {}
        self._octets: list[bytes | None] = [None] * len(self._fields)
        self._texts: list[str | None] = [None] * len(self._fields)

    def rows(self, data: bytes, images: Sequence[bytes]) -> Iterator[tuple[RowImage, ...]]:
        """Rows of an event; each has as many images as there are bitmaps of present columns."""
        layouts = [self._layout(bitmap) for bitmap in images]
        at = 0
        while at < len(data):
            row = []
            for layout in layouts:
                image, at = self._image(data, at, layout)
                row.append(image)
            yield tuple(row)

    def _layout(self, bitmap: bytes) -> _Layout:
        if bitmap in self._layouts:
            return self._layouts[bitmap]
        numbers = [number for number in range(len(self._fields)) if bitmap[number >> 3] >> (number & 7) & 1]
        present = set(numbers)
        for number, (name, _) in enumerate(self._fields):
            if name is not None and number not in present:
                raise ValueRefused(
                    f"The log holds partial rows, without the column {name}.",
                    mend="SET GLOBAL binlog_row_image = 'FULL', end the sessions that set another, then start anew.",
                    subject=self._subject,
                )
        columns = []
        for place, number in enumerate(numbers):
            name, field = self._fields[number]
            columns.append((1 << place, name, field.size, field.prefixed, field.decode, number))
        self._layouts[bitmap] = found = ((len(numbers) + 7) // 8, tuple(columns))
        return found

    def _image(self, data: bytes, at: int, layout: _Layout) -> tuple[RowImage, int]:
        """Written without calls but the decoding itself: most of the time of reading a log goes here."""
        null_octets, columns = layout
        nulls = int.from_bytes(data[at : at + null_octets], "little")
        at += null_octets
        kept, texts = self._octets, self._texts
        image: dict[str, str | None] = {}
        for null, name, size, is_prefixed, decode, number in columns:
            if nulls & null:
                if name is not None:
                    image[name] = None
                continue
            start, at = at, at + size
            if is_prefixed:
                start, at = at, at + int.from_bytes(data[start:at], "little")
            if name is None:
                continue
            octets = data[start:at]
            if octets == kept[number]:
                image[name] = texts[number]
                continue
            image[name] = text = decode(octets)
            if at - start < _REMEMBERED_OCTETS:
                kept[number], texts[number] = octets, text
        return image, at

    def _skipped(self, column: Any) -> Field:
        if column.type in _PREFIXED:
            return log_values.prefixed(column.length_size, bytes.hex)
        if column.type in _STRINGS:
            return log_values.prefixed(_length_octets(column), bytes.hex)
        if column.type in (FIELD_TYPE.ENUM, FIELD_TYPE.SET):
            return log_values.integer(column.size, unsigned=True)
        return self._plain(column, unsigned=True)

    def _field(self, column: Any, formed: FormedColumn, charsets: Charsets) -> Field:
        field = self._own_field(column, formed, charsets)
        return replace(field, decode=_crossing(formed, field.decode))

    def _own_field(self, column: Any, formed: FormedColumn, charsets: Charsets) -> Field:
        kind = formed.column.type
        if kind.kind not in _KINDS.get(column.type, frozenset()):
            raise SourceChanged(
                f"The column {column.name} is logged as type {column.type} and was planned as {kind.native}; "
                "its type changed, or the log has no exact form of it.",
                mend="plan the migration anew; exclude the column if it did not change.",
                subject=self._subject,
            )
        if kind.kind is Kind.ENUM:
            return log_values.label(column.size, kind.values)
        if kind.kind is Kind.SET:
            return log_values.label_set(column.size, kind.values)
        if column.type in _PREFIXED or column.type in _STRINGS:
            size = column.length_size if column.type in _PREFIXED else _length_octets(column)
            return log_values.prefixed(size, _decode(column, formed, charsets))
        return self._plain(column, unsigned=kind.unsigned)

    def _plain(self, column: Any, *, unsigned: bool) -> Field:
        """Types without a length in front."""
        if column.type in _INTEGERS:
            return log_values.integer(_INTEGERS[column.type], unsigned=unsigned)
        if column.type == FIELD_TYPE.NEWDECIMAL:
            return log_values.decimal(column.precision, column.decimals)
        if column.type == FIELD_TYPE.BIT:
            return log_values.bits(column.bits)
        makers: Mapping[int, Callable[[int], Field]] = {
            FIELD_TYPE.DATETIME2: log_values.date_time,
            FIELD_TYPE.TIMESTAMP2: log_values.timestamp,
            FIELD_TYPE.TIME2: log_values.time,
        }
        if column.type in makers:
            return makers[column.type](column.fsp)
        plain: Mapping[int, Field] = {
            FIELD_TYPE.FLOAT: log_values.real("<f"),
            FIELD_TYPE.DOUBLE: log_values.real("<d"),
            FIELD_TYPE.DATE: log_values.DATE,
            FIELD_TYPE.YEAR: log_values.YEAR,
        }
        if column.type in plain:
            return plain[column.type]
        raise ValueRefused(
            f"The column {column.name} is logged in a form that cannot be read ({column.type}).",
            mend="ALTER TABLE … FORCE turns old temporal columns into present ones; exclude other columns in the spec.",
            subject=self._subject,
        )


def _crossing(formed: FormedColumn, decode: Decode) -> Decode:
    """From octets to the text that crosses."""
    convert = conversion(formed)
    if convert is None and not formed.substitutes:
        return decode

    def crossing(octets: bytes) -> str | None:
        text = decode(octets)
        if text is not None and convert is not None:
            text = convert(text)
        return text if text is None else substituted(formed.substitutes, formed.form, text)

    return crossing


def conversion(formed: FormedColumn) -> Callable[[str], str] | None:
    """From the text of the column's own form to that of the form in which it crosses; None where they agree."""
    kind, form = formed.column.type.kind, formed.form
    if form is Form.UUID:
        return _grouped if kind in (Kind.BINARY, Kind.VARBINARY, Kind.UUID) else str.lower
    if form in (Form.DATETIME, Form.TIMESTAMP) and kind is Kind.DATE:
        return lambda text: f"{text} 00:00:00.000000"
    if form is Form.TIME and kind is Kind.INTEGER:
        return log_values.clock_of_microseconds
    if form is Form.INTEGER and kind is Kind.BIT:
        return lambda text: str(int(text, 2))
    if form is Form.BINARY and kind in _TEXTS:
        return lambda text: text.encode().hex()
    if form is Form.LABELS and kind is Kind.SET:
        return label_array_of_set
    if form is Form.GEOMETRY and kind is Kind.SPATIAL:
        return log_values.ewkb
    return None


def _grouped(text: str) -> str:
    """A UUID's text; octets of another number go as they are, which the other side refuses."""
    return str(UUID(hex=text)) if len(text) == _UUID_DIGITS else text


def _length_octets(column: Any) -> int:
    return 2 if column.max_length > 255 else 1


def _decode(column: Any, formed: FormedColumn, charsets: Charsets) -> Callable[[bytes], str]:
    kind = formed.column.type
    if kind.kind is Kind.JSON:
        return json_text if column.type == FIELD_TYPE.JSON else charsets.decoder("utf8mb4")
    if kind.kind in (Kind.BINARY, Kind.UUID):
        # The log leaves out the zero octets at the end.
        width = 32 if kind.kind is Kind.UUID else 2 * (kind.length or 0)
        return lambda octets: octets.hex().ljust(width, "0")
    if kind.kind in _BYTES:
        return bytes.hex
    return charsets.decoder(formed.column.charset or "utf8mb4")


__all__ = ["TableDecoder"]
