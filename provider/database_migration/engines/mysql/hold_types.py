"""What MySQL holds another engine's column types in, and what that loses."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.engines.mysql.column_types import MYSQL_DECIMAL_PRECISION, MYSQL_DECIMAL_SCALE, native
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column

TEXT_KINDS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
KEYED_CHARACTERS = 255
_MAX_CHAR = 255
_MAX_VARCHAR = 16383
_MAX_BITS = 64
_CHARSET = "utf8mb4"
_UUID_CHARSET = ("ascii", "ascii_general_ci")


@dataclass(frozen=True, slots=True)
class Held:
    """A type with the reason why it is not the same as it was ('' where nothing is lost)."""

    type: ColumnType
    code: str = ""
    reason: str = ""
    charset: tuple[str, str] | None = None
    """With its collation, which is '' where the spec's policy decides (``hold_collations``)."""


def hold_type(column: Column, *, keyed: bool) -> Held:
    """The type for a column that another engine reported; ``keyed`` columns need a length."""
    held = _hold(column, keyed=keyed)
    if held.charset is None and held.type.kind in TEXT_KINDS:
        held = Held(held.type, held.code, held.reason, (_CHARSET, ""))
    return Held(_spelled(held.type), held.code, held.reason, held.charset)


def _spelled(kind: ColumnType) -> ColumnType:
    word = native(kind)
    return ColumnType(
        kind.kind,
        bits=kind.bits,
        unsigned=kind.unsigned,
        length=kind.length,
        precision=kind.precision,
        scale=kind.scale,
        fraction=kind.fraction,
        values=kind.values,
        native=word,
    )


def _hold(column: Column, *, keyed: bool) -> Held:
    kind = column.type
    word = kind.native or kind.kind.value
    match kind.kind:
        case Kind.BOOLEAN:
            return Held(ColumnType(Kind.INTEGER, bits=8, length=1))
        case Kind.DECIMAL:
            return _decimal(kind, word)
        case Kind.FLOAT | Kind.DOUBLE:
            return Held(ColumnType(kind.kind))
        case Kind.DATETIME | Kind.TIME:
            return Held(ColumnType(kind.kind, fraction=_fraction(kind)))
        case Kind.TIMESTAMP:
            reason = f"{word} is held as datetime in UTC, because timestamp ends in 2038; read it as UTC"
            return Held(ColumnType(Kind.DATETIME, fraction=_fraction(kind)), "timestamp_as_datetime", reason)
        case Kind.INTERVAL:
            reason = f"{word} is held as a number of microseconds; months have no such number and are refused"
            return Held(ColumnType(Kind.INTEGER, bits=64), "interval_as_number", reason)
        case Kind.BIT if kind.bits is None or kind.bits > _MAX_BITS:
            return _bits_as_text(kind, word, keyed=keyed)
        case Kind.CHAR if (kind.length or 1) <= _MAX_CHAR:
            return Held(ColumnType(Kind.CHAR, length=kind.length or 1))
        case Kind.CHAR | Kind.VARCHAR if kind.length is not None and kind.length <= _MAX_VARCHAR:
            return Held(ColumnType(Kind.VARCHAR, length=kind.length))
        case Kind.CHAR | Kind.VARCHAR | Kind.TEXT:
            return _text(word, keyed=keyed)
        case Kind.BLOB if keyed:
            reason = f"{word} is part of a key and held as varbinary({KEYED_CHARACTERS}); longer values are refused"
            return Held(ColumnType(Kind.VARBINARY, length=KEYED_CHARACTERS), "key_length", reason)
        case Kind.UUID:
            return Held(ColumnType(Kind.CHAR, length=36), charset=_UUID_CHARSET)
        case Kind.OTHER | Kind.SPATIAL:
            held = _text(word, keyed=keyed)
            reason = f"{word} has no counterpart and is held as text, exactly as the source writes it"
            return Held(held.type, "type_as_text", reason)
        case _:
            return Held(kind)


def _fraction(kind: ColumnType) -> int:
    return 6 if kind.fraction is None else kind.fraction


def _decimal(kind: ColumnType, word: str) -> Held:
    scale = max(kind.scale or 0, 0)
    precision = max(kind.precision or 0, scale)
    if kind.precision is not None and precision <= MYSQL_DECIMAL_PRECISION and scale <= MYSQL_DECIMAL_SCALE:
        return Held(ColumnType(Kind.DECIMAL, precision=precision, scale=scale))
    reason = (
        f"{word} is held as decimal({MYSQL_DECIMAL_PRECISION},{MYSQL_DECIMAL_SCALE}), "
        "the widest there is; numbers beyond it, NaN and infinity are refused"
    )
    widest = ColumnType(Kind.DECIMAL, precision=MYSQL_DECIMAL_PRECISION, scale=MYSQL_DECIMAL_SCALE)
    return Held(widest, "decimal_bounded", reason)


def _bits_as_text(kind: ColumnType, word: str, *, keyed: bool) -> Held:
    if kind.bits is not None and kind.bits <= _MAX_VARCHAR:
        held = ColumnType(Kind.VARCHAR, length=kind.bits)
    else:
        held = _text(word, keyed=keyed).type
    return Held(held, "type_as_text", f"{word} is longer than {_MAX_BITS} bits and held as text of 0 and 1")


def _text(word: str, *, keyed: bool) -> Held:
    if not keyed:
        return Held(ColumnType(Kind.TEXT))
    reason = f"{word} is part of a key and held as varchar({KEYED_CHARACTERS}); longer values are refused"
    return Held(ColumnType(Kind.VARCHAR, length=KEYED_CHARACTERS), "key_length", reason)


__all__ = ["KEYED_CHARACTERS", "TEXT_KINDS", "Held", "hold_type"]
