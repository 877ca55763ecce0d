"""What MySQL holds another engine's column types in: by the spec's casts, then its policy, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from database_migration.engines.mysql.column_types import (
    MYSQL_DECIMAL_PRECISION,
    MYSQL_DECIMAL_SCALE,
    native,
    parse_type,
)
from database_migration.model.column_type import ColumnType, Kind, form_or_none, possible_kinds
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.mapping.types import (
    DocumentOnMySQL,
    Exact,
    InstantInUtc,
    LabelsOnMySQL,
    Listed,
    PostgresToMySQL,
    Span,
    Truth,
    Uuid,
)
from database_migration.model.report import Severity
from database_migration.model.schema import Column

TEXT_KINDS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
KEYED_CHARACTERS = 255
_MAX_CHAR = 255
_MAX_VARCHAR = 16383
_MAX_BITS = 64
_CHARSET = "utf8mb4"
_UUID_CHARSET = ("ascii", "ascii_general_ci")
_INTERVAL_CHARACTERS = 80
"""The longest that PostgreSQL writes has 66."""
_BOUNDED = {
    **{"inet": 43, "cidr": 43, "macaddr": 17, "macaddr8": 23, "oid": 10, "pg_lsn": 17, "timetz": 24},
    **{"time with time zone": 24, '"char"': 1},
}
"""Types whose text has at most so many characters, and so fits into keys and indexes."""


@dataclass(frozen=True, slots=True)
class Held:
    """A type with the reason why it is not the same as it was ('' where nothing is lost)."""

    type: ColumnType
    code: str = ""
    reason: str = ""
    charset: tuple[str, str] | None = None
    """With its collation, which is '' where the spec's policy decides (``hold.collations``)."""
    severity: Severity = Severity.WARNING
    mend: str = ""


def hold_type(column: Column, policy: HoldPolicy, *, keyed: bool) -> list[Held]:
    """The type for a column that another engine reported, last; ``keyed`` columns need a length.

    Before it stands a cast that is refused, with its reason.
    """
    cast = policy.casts.get(column.name)
    found = [] if cast is None else [_cast(column, cast)]
    if not found or found[0].severity is Severity.BLOCKER:
        found.append(_by_policy(column, policy.mapping.types.postgres_to_mysql, keyed=keyed))
    return [_described(held, keeps_documents="MariaDB" in policy.target_version) for held in found]


def _described(held: Held, *, keeps_documents: bool) -> Held:
    charset = held.charset
    if charset is None and held.type.kind in TEXT_KINDS:
        charset = (_CHARSET, "")
    verbatim = keeps_documents and held.type.kind is Kind.JSON
    return replace(held, type=replace(held.type, native=native(held.type), verbatim=verbatim), charset=charset)


def _cast(column: Column, spelled: str) -> Held:
    said = f"the cast of {column.type.native or column.type.kind} to {spelled}"
    possible = ", ".join(possible_kinds(column.type))
    wanted = parse_type(spelled)
    if wanted is None:
        return _refused(column, "cast_unknown", f"{said} asks for a type that MySQL has not", f"cast to: {possible}")
    if form_or_none(column.type, wanted) is None:
        return _refused(column, "cast_impossible", f"no value can cross by {said}", f"cast to: {possible}")
    if column.identity and wanted.kind is not Kind.INTEGER:
        return _refused(
            column, "cast_impossible", f"AUTO_INCREMENT needs an integer, against {said}", "cast to: integer"
        )
    return Held(wanted)


def _refused(column: Column, code: str, reason: str, mend: str) -> Held:
    return Held(column.type, code, reason, severity=Severity.BLOCKER, mend=mend + ".")


def _by_policy(column: Column, says: PostgresToMySQL, *, keyed: bool) -> Held:
    kind = column.type
    word = kind.native or kind.kind.value
    match kind.kind:
        case Kind.BOOLEAN if says.boolean is Truth.BIT:
            return Held(ColumnType(Kind.BIT, bits=1))
        case Kind.BOOLEAN:
            return Held(ColumnType(Kind.INTEGER, bits=8, length=1))
        case Kind.DECIMAL:
            return _decimal(kind, word, says, keyed=keyed)
        case Kind.MONEY if says.money is Exact.DECIMAL:
            return Held(ColumnType(Kind.DECIMAL, precision=19, scale=2))
        case Kind.MONEY:
            return Held(ColumnType(Kind.VARCHAR, length=40))
        case Kind.FLOAT | Kind.DOUBLE:
            return Held(ColumnType(kind.kind))
        case Kind.DATETIME | Kind.TIME:
            return Held(ColumnType(kind.kind, fraction=_fraction(kind)))
        case Kind.TIMESTAMP if says.timestamptz is InstantInUtc.TIMESTAMP:
            reason = f"{word} is held as timestamp, which begins in 1970 and ends in 2038"
            return Held(ColumnType(Kind.TIMESTAMP, fraction=_fraction(kind)), "range_narrowed", reason)
        case Kind.TIMESTAMP:
            reason = f"{word} is held as datetime in UTC, because timestamp ends in 2038; read it as UTC"
            return Held(ColumnType(Kind.DATETIME, fraction=_fraction(kind)), "timestamp_as_datetime", reason)
        case Kind.INTERVAL:
            return _interval(kind, word, says)
        case Kind.BIT if kind.bits is None or kind.bits > _MAX_BITS:
            return _bits_as_text(kind, word, keyed=keyed)
        case Kind.ENUM if says.enum is LabelsOnMySQL.VARCHAR:
            length = max(map(len, kind.values), default=1)
            return Held(
                ColumnType(Kind.VARCHAR, length=max(length, 1)), "type_widened", f"nothing checks {word}'s labels"
            )
        case Kind.JSON if says.json_ is DocumentOnMySQL.TEXT:
            return Held(ColumnType(Kind.TEXT))
        case Kind.ARRAY if says.array is Listed.JSON and not keyed:
            return Held(ColumnType(Kind.JSON))
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
            return _uuid(says)
        case Kind.OTHER | Kind.ARRAY | Kind.SPATIAL:
            bounded = _BOUNDED.get(word)
            held = _text(word, keyed=keyed).type if bounded is None else ColumnType(Kind.VARCHAR, length=bounded)
            reason = f"{word} has no counterpart and is held as text, exactly as the source writes it"
            return Held(held, "type_as_text", reason)
        case _:
            return Held(kind)


def _fraction(kind: ColumnType) -> int:
    return 6 if kind.fraction is None else kind.fraction


def _decimal(kind: ColumnType, word: str, says: PostgresToMySQL, *, keyed: bool) -> Held:
    scale = max(kind.scale or 0, 0)
    precision = max(kind.precision or 0, scale)
    if kind.precision is not None and precision <= MYSQL_DECIMAL_PRECISION and scale <= MYSQL_DECIMAL_SCALE:
        return Held(ColumnType(Kind.DECIMAL, precision=precision, scale=scale))
    if says.numeric is Exact.TEXT:
        return Held(_text(word, keyed=keyed).type, "type_as_text", f"{word} is held as text with all of its digits")
    reason = (
        f"{word} is held as decimal({MYSQL_DECIMAL_PRECISION},{MYSQL_DECIMAL_SCALE}), "
        "the widest there is; numbers beyond it, NaN and infinity are refused"
    )
    widest = ColumnType(Kind.DECIMAL, precision=MYSQL_DECIMAL_PRECISION, scale=MYSQL_DECIMAL_SCALE)
    return Held(widest, "decimal_bounded", reason)


def _interval(kind: ColumnType, word: str, says: PostgresToMySQL) -> Held:
    if says.interval is Span.TEXT:
        reason = f"{word} is held as text, exactly as the source writes it"
        return Held(ColumnType(Kind.VARCHAR, length=_INTERVAL_CHARACTERS), "interval_as_text", reason)
    if says.interval is Span.TIME:
        reason = f"{word} is held as time: spans beyond 838:59:59 and those with months are refused"
        return Held(ColumnType(Kind.TIME, fraction=_fraction(kind)), "range_narrowed", reason)
    reason = f"{word} is held as a number of microseconds; months have no such number and are refused"
    return Held(ColumnType(Kind.INTEGER, bits=64), "interval_as_number", reason)


def _uuid(says: PostgresToMySQL) -> Held:
    if says.uuid is Uuid.BINARY:
        return Held(ColumnType(Kind.BINARY, length=16))
    if says.uuid is Uuid.UUID:
        return Held(ColumnType(Kind.UUID))
    return Held(ColumnType(Kind.CHAR, length=36), charset=_UUID_CHARSET)


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
