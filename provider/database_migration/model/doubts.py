"""Which kinds of values are in doubt between two columns, and what the spec puts in their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.integer_range import integer_range
from database_migration.model.mapping.values import Replacement, ValueMapping
from database_migration.model.schema import Column
from database_migration.model.table_selection import ColumnPair, TablePair
from database_migration.model.unfit_value import CHARSETS, Doubt, Substitute, ValueKind, ValueReach

_DAYS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_OCTETS = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
_NUMBERS = frozenset({Kind.FLOAT, Kind.DOUBLE, Kind.DECIMAL})
_WHOLE = frozenset({Kind.INTEGER, Kind.YEAR, Kind.BOOLEAN})
_MOMENTS = frozenset({Kind.DATETIME, Kind.TIMESTAMP})
_HEX = "[0-9a-fA-F]"
_PATTERNS = {
    Kind.UUID: f"^{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}$",
    # No leading zeros: 007 would come back as 7.
    Kind.INTEGER: "^(0|-?[1-9][0-9]*)$",
    Kind.DECIMAL: "^-?(0|[1-9][0-9]*)([.][0-9]+)?$",
    Kind.BOOLEAN: "^[01]$",
    Kind.BIT: "^[01]+$",
    Kind.YEAR: "^(0|19[0-9][0-9]|20[0-9][0-9]|21[0-5][0-9])$",
    Kind.DATE: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
}
"""What the transfer text of a kind's values looks like, for texts that are cast to it."""
_TRIMMING = {
    (ValueKind.OUT_OF_RANGE, "clamp"),
    (ValueKind.TOO_PRECISE, "round"),
    (ValueKind.TOO_LONG, "cut"),
}


def with_doubts(pair: TablePair, values: ValueMapping, source: ValueReach, target: ValueReach) -> TablePair:
    """The pair with what is in doubt about each column, and the substitutes that the spec names.

    Columns of the row key have no substitutes: two rows could become one.
    """
    keys = {column.source.name for column in pair.row_key}
    treated = {}
    for column in pair.columns:
        doubts = tuple(doubts_of(column.source, column.target, column.form, source, target))
        found: tuple[Substitute, ...] = ()
        if column.source.name not in keys:
            found = tuple(_substitutes(pair.source.name, column, doubts, values))
        treated[column.source.name] = replace(column, doubts=doubts, substitutes=found)
    return replace(
        pair,
        columns=tuple(treated.values()),
        row_key=tuple(treated[column.source.name] for column in pair.row_key),
        chunk_key=None if pair.chunk_key is None else treated[pair.chunk_key.source.name],
    )


def doubts_of(column: Column, place: Column, form: Form, source: ValueReach, target: ValueReach) -> Iterator[Doubt]:
    """What a column of one engine may hold and its place in another cannot."""
    foreign = source.own & target.cannot
    kind, held = column.type, place.type
    if kind.kind in _DAYS and form in (Form.DATE, Form.DATETIME, Form.TIMESTAMP):
        yield from (Doubt(one) for one in (ValueKind.ZERO_DATE, ValueKind.SPECIAL_DATE) if one in foreign)
    if kind.kind in _TEXTS:
        if ValueKind.INVALID_TEXT in foreign and (column.charset or "").startswith("utf8"):
            yield Doubt(ValueKind.INVALID_TEXT)
        if ValueKind.NUL_CHARACTER in foreign and form in (Form.TEXT, Form.JSON):
            yield Doubt(ValueKind.NUL_CHARACTER)
    if kind.kind is Kind.JSON and ValueKind.NUL_CHARACTER in foreign:
        yield Doubt(ValueKind.NUL_CHARACTER)
    if kind.kind in _NUMBERS and held.kind in _NUMBERS and ValueKind.SPECIAL_NUMBER in foreign:
        yield Doubt(ValueKind.SPECIAL_NUMBER)
    if kind.kind is Kind.INTERVAL and form is Form.TIME and ValueKind.MONTHS in foreign:
        yield Doubt(ValueKind.MONTHS)
    if form is Form.BOOLEAN and kind.kind is Kind.INTEGER:
        yield Doubt(ValueKind.NOT_BOOLEAN)
    yield from _out_of_range(kind, held, form)
    if kind.kind in _MOMENTS and held.kind is Kind.TIMESTAMP and not _within(source.instants, target.instants):
        yield Doubt(ValueKind.OUT_OF_RANGE, *target.instants)
    if kind.kind in (_TEXTS | _OCTETS) - {Kind.BINARY} and held.kind in _PATTERNS:
        yield Doubt(ValueKind.MALFORMED, pattern=_PATTERNS[held.kind])
    if form is Form.TIME and held.kind is Kind.TIME:
        reach = source.time if kind.kind is Kind.TIME else None
        if reach != target.time:
            yield Doubt(ValueKind.OUT_OF_RANGE, *target.time)
    if kind.kind in _TEXTS and held.kind in _TEXTS:
        if _is_longer(kind, held):
            yield Doubt(ValueKind.TOO_LONG, length=held.length)
        if place.charset in CHARSETS and place.charset != column.charset:
            yield Doubt(ValueKind.BEYOND_CHARSET, charset=place.charset)
    if kind.kind in _OCTETS and held.kind in _OCTETS and _is_longer(kind, held):
        yield Doubt(ValueKind.TOO_LONG, length=held.length)


def _within(inner: tuple[str, str], outer: tuple[str, str]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _is_longer(kind: ColumnType, held: ColumnType) -> bool:
    return held.length is not None and (kind.length is None or kind.length > held.length)


def _out_of_range(kind: ColumnType, held: ColumnType, form: Form) -> Iterator[Doubt]:
    if form is Form.INTEGER and kind.kind in _WHOLE and held.kind in _WHOLE:
        (low, high), (lowest, highest) = integer_range(kind), integer_range(held)
        if low < lowest or high > highest:
            yield Doubt(ValueKind.OUT_OF_RANGE, str(lowest), str(highest))
    elif form is Form.INTEGER and kind.kind is Kind.BIT and 2 ** (kind.bits or 1) > integer_range(held)[1] + 1:
        yield Doubt(ValueKind.OUT_OF_RANGE, "0", str(integer_range(held)[1]))
    elif form is Form.DECIMAL and held.kind is Kind.INTEGER:
        low, high = integer_range(held)
        yield Doubt(ValueKind.OUT_OF_RANGE, str(low), str(high))
        if kind.scale != 0:
            yield Doubt(ValueKind.TOO_PRECISE, scale=0)
    elif form is Form.DECIMAL and held.kind is Kind.DECIMAL and held.precision is not None:
        whole = held.precision - (held.scale or 0)
        if kind.kind is not Kind.DECIMAL or kind.precision is None or kind.precision - (kind.scale or 0) > whole:
            digits = "9" * max(whole, 1) if whole else "0"
            highest_text = digits + (f".{'9' * held.scale}" if held.scale else "")
            yield Doubt(ValueKind.OUT_OF_RANGE, "0" if held.unsigned else f"-{highest_text}", highest_text)
        if (kind.scale is None and kind.kind is Kind.DECIMAL) or (kind.scale or 0) > (held.scale or 0):
            yield Doubt(ValueKind.TOO_PRECISE, scale=held.scale or 0)


def _substitutes(
    table: str, column: ColumnPair, doubts: tuple[Doubt, ...], values: ValueMapping
) -> Iterator[Substitute]:
    for doubt in doubts:
        chosen = values.treatment(table, column.source.name, doubt.kind)
        if isinstance(chosen, Replacement):
            yield substitute(doubt, column.form, chosen)


def substitute(doubt: Doubt, form: Form, chosen: Replacement) -> Substitute:
    """A replacement as a transfer text of the column's form."""
    text = chosen.text
    if (doubt.kind, text) in _TRIMMING:
        return Substitute(doubt, trims=True)
    if text is not None and doubt.kind in (ValueKind.ZERO_DATE, ValueKind.SPECIAL_DATE):
        day, _, clock = text.partition(" ")
        text = day if form is Form.DATE else f"{day} {_six_digits(clock or '00:00:00')}"
    elif text is not None and form is Form.TIME:
        text = _six_digits(text)
    elif text is not None and form is Form.JSON:
        text = json.dumps(text)[1:-1]
    return Substitute(doubt, text)


def _six_digits(clock: str) -> str:
    whole, _, fraction = clock.partition(".")
    return f"{whole}.{fraction:0<6}"


__all__ = ["doubts_of", "substitute", "with_doubts"]
