"""What PostgreSQL holds another engine's column types in: by the spec's casts, then its policy, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from database_migration.engines.postgres.column_types import parse_type, type_sql
from database_migration.engines.postgres.names import MAX_NAME_OCTETS, quote, shortened
from database_migration.engines.postgres.row_sql.values import takes_transfer_text
from database_migration.model.column_type import UUID_OCTETS, ColumnType, Kind, form_or_none, possible_kinds
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.mapping.types import (
    Clock,
    Document,
    FixedText,
    Geometry,
    Instant,
    Labels,
    LabelSet,
    LocalMoment,
    MySQLToPostgres,
    OneBit,
    SixteenOctets,
    UnsignedBigint,
    UnsignedIntegers,
    Year,
)
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Column, ForeignKey, Table
from database_migration.model.table_selection import FormedColumn

_SIGNED_BITS = {8: 16, 16: 16, 24: 32, 32: 32, 64: 64}
_UNSIGNED_BITS = {8: 16, 16: 32, 24: 32, 32: 64}
_WORDS = {16: "smallint", 32: "integer", 64: "bigint"}
_TEXTS = (Kind.TEXT, Kind.VARCHAR, Kind.CHAR)
LABEL_COLUMN = "label"
"""The key of a table of an enum's labels."""


@dataclass(frozen=True, slots=True)
class Held:
    """A type, and what a person should know of the change ('' where nothing is lost)."""

    type: ColumnType
    code: str = ""
    message: str = ""
    severity: Severity = Severity.WARNING
    mend: str = ""


def hold_type(table: Table, column: Column, policy: HoldPolicy, *, keyed: bool, findings: list[Finding]) -> ColumnType:
    """The type of a column of another engine; ``keyed`` columns take part in a primary or foreign key."""
    cast = policy.casts.get(column.name)
    held = _cast(column, cast) if cast is not None else None
    if held is None or held.severity is Severity.BLOCKER:
        findings += _finding(table, column, held)
        held = _by_policy(table, column, policy, keyed=keyed)
    findings += _finding(table, column, held)
    return held.type if held.type.native else replace(held.type, native=type_sql(held.type, ""))


def _finding(table: Table, column: Column, held: Held | None) -> list[Finding]:
    if held is None or not held.code:
        return []
    return [Finding(held.severity, held.code, f"{table.name}.{column.name}", held.message, held.mend)]


def _cast(column: Column, spelled: str) -> Held:
    said = f"cast of {column.type.native or column.type.kind} to {spelled}"
    possible = ", ".join(possible_kinds(column.type))
    wanted = parse_type(spelled)
    if wanted is None:
        return _refused(column, "cast_unknown", f"The {said} asks for a type that PostgreSQL has not.", possible)
    form = form_or_none(column.type, wanted)
    if form is None or not takes_transfer_text(FormedColumn(replace(column, type=wanted), form)):
        return _refused(column, "cast_impossible", f"No value can cross by the {said}.", possible)
    if column.identity and wanted.kind is not Kind.INTEGER:
        return _refused(column, "cast_impossible", f"An identity column is an integer, against the {said}.", "integer")
    return Held(wanted)


def _refused(column: Column, code: str, message: str, possible: str) -> Held:
    return Held(column.type, code, message, Severity.BLOCKER, f"cast it to a type of these kinds: {possible}.")


def _by_policy(table: Table, column: Column, policy: HoldPolicy, *, keyed: bool) -> Held:
    says = policy.mapping.types.mysql_to_postgres
    type_ = column.type
    if type_.kind is Kind.INTEGER or column.identity:
        if column.name in policy.booleans and not column.identity:
            return Held(ColumnType(Kind.BOOLEAN))
        return _integer(column, says, keyed=keyed)
    if type_.kind is Kind.ENUM:
        return _enum(table, column, says)
    by_kind = _BY_KIND.get(type_.kind)
    return Held(ColumnType(type_.kind)) if by_kind is None else by_kind(type_, says)


def _integer(column: Column, says: MySQLToPostgres, *, keyed: bool) -> Held:
    type_ = column.type
    bits = type_.bits or 64
    if not type_.unsigned or type_.kind is not Kind.INTEGER:
        return Held(_sized(_SIGNED_BITS[bits] if type_.kind is Kind.INTEGER else 64))
    if bits not in _UNSIGNED_BITS:
        # A key has to be bigint: identity columns must, and children have the type of their parent.
        if keyed or column.identity or says.bigint_unsigned is UnsignedBigint.BIGINT:
            message = "BIGINT UNSIGNED becomes bigint: values above 9223372036854775807 are refused."
            return Held(_sized(64), "range_narrowed", message)
        held = ColumnType(Kind.DECIMAL, precision=20, scale=0, native="numeric(20,0)")
    elif says.unsigned is UnsignedIntegers.SAME_SIZE:
        held = _sized(_SIGNED_BITS[bits])
        if held.bits == bits:
            message = f"The unsigned integer becomes {held.native}: values above {2 ** (bits - 1) - 1} are refused."
            return Held(held, "range_narrowed", message)
    else:
        held = _sized(_UNSIGNED_BITS[bits])
    message = f"The unsigned integer becomes {held.native}, which also takes negative numbers."
    return Held(held, "type_widened", message, Severity.NOTE)


def _sized(bits: int) -> ColumnType:
    return ColumnType(Kind.INTEGER, bits=bits, native=_WORDS[bits])


def _enum(table: Table, column: Column, says: MySQLToPostgres) -> Held:
    if says.enum is Labels.NATIVE:
        long = [label for label in column.type.values if len(label.encode()) > MAX_NAME_OCTETS]
        if not long:
            name = shortened(f"{table.name}_{column.name}_enum")
            return Held(ColumnType(Kind.ENUM, values=column.type.values, native=name))
        message = f"The label {long[0]!r} is longer than a label of PostgreSQL's may be: text with a check instead."
        return Held(ColumnType(Kind.TEXT), "enum_as_text", message)
    if says.enum is Labels.TEXT:
        return Held(ColumnType(Kind.TEXT), "type_widened", "The enum becomes text; nothing checks its labels.")
    if says.enum is Labels.LOOKUP:
        name = label_table(table.name, column.name)
        message = f"The enum becomes text with a foreign key to {name}, a table of its labels."
        return Held(ColumnType(Kind.TEXT), "enum_as_lookup", message, Severity.NOTE)
    return Held(ColumnType(Kind.TEXT))


def _set(type_: ColumnType, says: MySQLToPostgres) -> Held:
    if says.set is LabelSet.ARRAY:
        return Held(ColumnType(Kind.ARRAY, native="text[]"))
    if says.set is LabelSet.TEXT:
        message = "The set becomes text with its labels between commas; nothing checks them."
        return Held(ColumnType(Kind.TEXT), "type_widened", message)
    message = "The set becomes text with its labels between commas."
    return Held(ColumnType(Kind.TEXT), "type_changed", message, Severity.NOTE)


def _char(type_: ColumnType, says: MySQLToPostgres) -> Held:
    kind = {FixedText.CHAR: Kind.CHAR, FixedText.VARCHAR: Kind.VARCHAR, FixedText.TEXT: Kind.TEXT}[says.char]
    return Held(ColumnType(kind, length=None if kind is Kind.TEXT else _length(type_)))


def _length(type_: ColumnType) -> int | None:
    return None if type_.length is None else max(type_.length, 1)


def _json(type_: ColumnType, says: MySQLToPostgres) -> Held:
    if says.json_ is Document.TEXT:
        return Held(ColumnType(Kind.TEXT))
    return Held(ColumnType(Kind.JSON, native=says.json_.value, verbatim=says.json_ is Document.JSON))


def _bits(type_: ColumnType, says: MySQLToPostgres) -> Held:
    if type_.bits in (None, 1) and says.bit_1 is OneBit.BOOLEAN:
        return Held(ColumnType(Kind.BOOLEAN))
    return Held(ColumnType(Kind.BIT, bits=type_.bits or 1))


def _binary(type_: ColumnType, says: MySQLToPostgres) -> Held:
    if type_.length == UUID_OCTETS and says.binary_16 is SixteenOctets.UUID:
        return Held(ColumnType(Kind.UUID))
    return Held(ColumnType(Kind.BLOB))


def _spatial(type_: ColumnType, says: MySQLToPostgres) -> Held:
    if says.spatial is Geometry.GEOMETRY:
        return Held(ColumnType(Kind.SPATIAL, native="geometry"))
    message = "The geometry becomes bytea; without PostGIS nothing can compute with it."
    mend = "mapping.types.mysql_to_postgres.spatial: geometry, where PostGIS is installed."
    return Held(ColumnType(Kind.BLOB), "spatial_as_bytes", message, mend=mend)


def _moment(type_: ColumnType, says: MySQLToPostgres) -> Held:
    fraction = 6 if type_.fraction is None else type_.fraction
    if type_.kind is Kind.DATETIME and says.datetime is LocalMoment.TIMESTAMPTZ:
        message = "The datetime has no zone and is read as UTC."
        return Held(ColumnType(Kind.TIMESTAMP, fraction=fraction), "read_as_utc", message)
    if type_.kind is Kind.TIMESTAMP and says.timestamp is Instant.TIMESTAMP:
        message = "The instant becomes its time in UTC, without a zone."
        return Held(ColumnType(Kind.DATETIME, fraction=fraction), "read_as_utc", message)
    if type_.kind is Kind.TIME and says.time is Clock.INTERVAL:
        return Held(ColumnType(Kind.INTERVAL, fraction=fraction))  # MySQL's TIME goes beyond 24 hours
    return Held(ColumnType(type_.kind, fraction=fraction))


def _other(type_: ColumnType, says: MySQLToPostgres) -> Held:
    message = f"PostgreSQL has no type for {type_.native or 'this one'}: it becomes text."
    return Held(ColumnType(Kind.TEXT), "type_changed", message)


def _decimal(type_: ColumnType, says: MySQLToPostgres) -> Held:
    scale = None if type_.precision is None else type_.scale or 0
    return Held(ColumnType(Kind.DECIMAL, precision=type_.precision, scale=scale))


_BY_KIND: Mapping[Kind, Callable[[ColumnType, MySQLToPostgres], Held]] = {
    Kind.DECIMAL: _decimal,
    Kind.DATETIME: _moment,
    Kind.TIMESTAMP: _moment,
    Kind.TIME: _moment,
    Kind.INTERVAL: _moment,
    Kind.YEAR: lambda type_, says: Held(_sized(16)),
    Kind.CHAR: _char,
    Kind.VARCHAR: lambda type_, says: Held(ColumnType(Kind.VARCHAR, length=_length(type_))),
    Kind.TEXT: lambda type_, says: Held(ColumnType(Kind.TEXT)),
    Kind.SET: _set,
    Kind.BIT: _bits,
    Kind.BINARY: _binary,
    Kind.VARBINARY: lambda type_, says: Held(ColumnType(Kind.BLOB)),
    Kind.BLOB: lambda type_, says: Held(ColumnType(Kind.BLOB)),
    Kind.JSON: _json,
    Kind.SPATIAL: _spatial,
    Kind.ARRAY: _other,
    Kind.OTHER: _other,
}
"""Kinds that are not here stay what they are."""


def label_table(table: str, column: str) -> str:
    """The name of the table that holds an enum's labels."""
    return shortened(f"{table}_{column}_label")


def label_keys(table: Table, held: Mapping[str, ColumnType], policy: HoldPolicy) -> list[ForeignKey]:
    """The foreign keys that keep enums within tables of their labels; none where a cast rules."""
    if policy.mapping.types.mysql_to_postgres.enum is not Labels.LOOKUP:
        return []
    return [
        ForeignKey(
            shortened(f"{table.name}_{column.name}_fkey"),
            (shortened(column.name),),
            label_table(table.name, column.name),
            (LABEL_COLUMN,),
        )
        for column in table.columns
        if column.type.kind is Kind.ENUM
        and held[column.name].kind in _TEXTS
        and column.name not in policy.casts
        and column.generated is None
    ]


def label_checks(table: Table, held: Mapping[str, ColumnType], policy: HoldPolicy) -> list[Check]:
    """The check constraints that keep labels and years within what the source's type takes; none where a cast rules."""
    says = policy.mapping.types.mysql_to_postgres
    checks = []
    for column in table.columns:
        type_ = held.get(column.name)
        if type_ is None or column.name in policy.casts or column.generated is not None:
            continue
        rule = _rule(column.type, type_, says, quote(shortened(column.name)))
        if rule:
            checks.append(Check(shortened(f"{table.name}_{column.name}_check"), rule))
    return checks


def _rule(source: ColumnType, held: ColumnType, says: MySQLToPostgres, name: str) -> str:
    labels = ", ".join("'" + label.replace("'", "''") + "'" for label in source.values)
    if source.kind is Kind.ENUM and held.kind in _TEXTS and says.enum not in (Labels.TEXT, Labels.LOOKUP):
        return f"{name} IN ({labels})" if len(source.values) > 1 else f"{name} = {labels}"
    if source.kind is Kind.SET and held.kind is Kind.ARRAY:
        return f"{name} <@ ARRAY[{labels}]"
    if source.kind is Kind.SET and held.kind in _TEXTS and says.set is LabelSet.CHECK:
        return f"STRING_TO_ARRAY({name}, ',') <@ ARRAY[{labels}]"
    if source.kind is Kind.YEAR and held.kind is Kind.INTEGER and says.year is Year.CHECK:
        return f"({name} = 0) OR (({name} >= 1901) AND ({name} <= 2155))"
    return ""


__all__ = ["LABEL_COLUMN", "Held", "hold_type", "label_checks", "label_keys", "label_table"]
