"""Another engine's columns as PostgreSQL holds them, with defaults that lose nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from database_migration.engines.postgres.default_values import constant_text
from database_migration.engines.postgres.hold_collations import hold_collations
from database_migration.engines.postgres.hold_expressions import translated_expression
from database_migration.engines.postgres.names import quote, shortened
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Column, Default, Table

_SIGNED_BITS = {8: 16, 16: 16, 24: 32, 32: 32, 64: 64}
_UNSIGNED_BITS = {8: 16, 16: 32, 24: 32, 32: 64}
_PORTABLE = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "UUID")


def held_columns(table: Table, *, dialect: str, policy: HoldPolicy) -> tuple[list[Column], list[Finding]]:
    """The columns with types, defaults and generated expressions of PostgreSQL."""
    findings: list[Finding] = []
    keyed = set(table.primary_key) | {name for key in table.foreign_keys for name in key.columns}
    typed = [
        replace(column, type=_held_type(table, column, policy, column.name in keyed, findings))
        for column in table.columns
    ]
    types = {column.name: column.type for column in typed}
    held = [
        replace(
            column,
            name=shortened(column.name),
            nullable=column.nullable and column.name not in table.primary_key and not column.identity,
            default=_held_default(table, column, dialect, types, findings),
            generated=_held_generated(table, column, dialect, types, findings),
            generated_stored=True,
            charset=None,
            collation=None,
            invisible=False,
        )
        for column in typed
    ]
    for column in table.columns:
        if shortened(column.name) != column.name:
            findings.append(_too_long(f"{table.name}.{column.name}", column.name))
        if column.invisible:
            findings.append(
                _finding(Severity.NOTE, "invisible_lost", table, column, "The column becomes visible: SELECT * has it.")
            )
        if column.generated is not None and not column.generated_stored:
            findings.append(
                _finding(Severity.NOTE, "generated_stored", table, column, "The computed column is stored.")
            )
    held, of_collations = hold_collations(table, held, policy)
    return held, [*findings, *of_collations]


def enum_checks(table: Table, dialect: str) -> list[Check]:
    """The check constraints that keep an enum's labels in a text column."""
    checks = []
    for column in table.columns:
        if column.type.kind is Kind.ENUM and dialect != "postgres":
            labels = ", ".join("'" + label.replace("'", "''") + "'" for label in column.type.values)
            name = quote(shortened(column.name))
            found = f"{name} IN ({labels})" if len(column.type.values) > 1 else f"{name} = {labels}"
            checks.append(Check(shortened(f"{table.name}_{column.name}_check"), found))
    return checks


def _held_type(table: Table, column: Column, policy: HoldPolicy, keyed: bool, findings: list[Finding]) -> ColumnType:
    kind = column.type.kind
    held = _neutral(column, policy, keyed)
    if kind is Kind.INTEGER and column.type.unsigned and held.kind is not Kind.BOOLEAN:
        if column.type.bits == 64 and held.kind is Kind.INTEGER:
            message = "BIGINT UNSIGNED becomes bigint: values above 9223372036854775807 are refused."
            findings.append(_finding(Severity.WARNING, "range_narrowed", table, column, message))
        else:
            message = f"The unsigned integer becomes {held.native}, which also takes negative numbers."
            findings.append(_finding(Severity.NOTE, "type_widened", table, column, message))
    elif kind is Kind.SET:
        message = "The set becomes text with its labels between commas; nothing checks them."
        findings.append(_finding(Severity.WARNING, "type_widened", table, column, message))
    elif kind is Kind.SPATIAL:
        message = "The geometry becomes bytea; without PostGIS nothing can compute with it."
        findings.append(_finding(Severity.WARNING, "spatial_as_bytes", table, column, message))
    elif kind is Kind.OTHER:
        message = f"PostgreSQL has no type for {column.type.native or 'this one'}: it becomes text."
        findings.append(_finding(Severity.WARNING, "type_changed", table, column, message))
    return held


def _neutral(column: Column, policy: HoldPolicy, keyed: bool) -> ColumnType:
    type_, kind = column.type, column.type.kind
    if kind is Kind.INTEGER or column.identity:
        return _integer(column, policy, keyed)
    if kind in (Kind.DATETIME, Kind.TIMESTAMP, Kind.TIME, Kind.INTERVAL):
        held = Kind.INTERVAL if kind is Kind.TIME else kind  # MySQL's TIME goes beyond 24 hours
        return ColumnType(held, fraction=6 if type_.fraction is None else type_.fraction)
    if kind is Kind.YEAR:
        return ColumnType(Kind.INTEGER, bits=16, native="smallint")
    if kind is Kind.DECIMAL:
        return ColumnType(kind, precision=type_.precision, scale=None if type_.precision is None else type_.scale or 0)
    if kind in (Kind.CHAR, Kind.VARCHAR):
        return ColumnType(kind, length=None if type_.length is None else max(type_.length, 1))
    if kind is Kind.BIT:
        return ColumnType(kind, bits=type_.bits or 1)
    if kind in (Kind.BINARY, Kind.VARBINARY, Kind.BLOB, Kind.SPATIAL):
        return ColumnType(Kind.BLOB)
    if kind in (Kind.TEXT, Kind.ENUM, Kind.SET, Kind.OTHER):
        return ColumnType(Kind.TEXT)
    return ColumnType(kind)


def _integer(column: Column, policy: HoldPolicy, keyed: bool) -> ColumnType:
    type_ = column.type
    bits = type_.bits or 64
    if column.name in policy.booleans and not column.identity:
        return ColumnType(Kind.BOOLEAN, native="boolean")
    if not type_.unsigned:
        bits = _SIGNED_BITS[bits] if type_.kind is Kind.INTEGER else 64
    elif bits in _UNSIGNED_BITS:
        bits = _UNSIGNED_BITS[bits]
    elif not keyed and not column.identity:
        # A key has to be bigint: identity columns must, and children have the type of their parent.
        return ColumnType(Kind.DECIMAL, precision=20, scale=0, native="numeric(20,0)")
    return ColumnType(Kind.INTEGER, bits=bits, native={16: "smallint", 32: "integer", 64: "bigint"}[bits])


def _held_default(
    table: Table, column: Column, dialect: str, types: dict[str, ColumnType], findings: list[Finding]
) -> Default | None:
    default = column.default
    if default is None or column.identity or column.generated is not None:
        return None
    if default.is_expression:
        if default.text in _PORTABLE:
            return default
        text = translated_expression(default.text, dialect, {})
        if text is not None:
            return Default(text, is_expression=True)
    else:
        constant = _constant(default.text, types[column.name])
        if constant is not None:
            return Default(constant)
    message = f"The default {default.text} cannot be said in PostgreSQL and is dropped."
    mend = f"ALTER TABLE {quote(table.name)} ALTER COLUMN {quote(column.name)} SET DEFAULT …;"
    findings.append(_finding(Severity.WARNING, "default_dropped", table, column, message, mend))
    return None


def _constant(text: str, type_: ColumnType) -> str | None:
    if type_.kind in (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP) and re.search(r"^0000|-00", text[:10]):
        return None  # a zero date
    if type_.kind is Kind.INTEGER and text.isdigit():
        return str(int(text))
    if type_.kind is Kind.JSON:
        try:
            return json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return None
    return constant_text(text, type_)


def _held_generated(
    table: Table, column: Column, dialect: str, types: dict[str, ColumnType], findings: list[Finding]
) -> str | None:
    if column.generated is None:
        return None
    text = translated_expression(column.generated, dialect, types)
    if text is None:
        message = f"The expression {column.generated} cannot be carried over: the column would stay empty."
        mend = (
            f"exclude the column, or waive this and add ALTER TABLE {quote(table.name)}"
            f" ALTER COLUMN {quote(column.name)} … by hand after the copy."
        )
        findings.append(_finding(Severity.BLOCKER, "generated_dropped", table, column, message, mend))
    return text


def _too_long(subject: str, name: str) -> Finding:
    return Finding(
        Severity.BLOCKER,
        "name_too_long",
        subject,
        f"The name has {len(name.encode())} octets; PostgreSQL keeps 63.",
        mend=f"rename it in the spec, for instance to {shortened(name)}.",
    )


def _finding(severity: Severity, code: str, table: Table, column: Column, message: str, mend: str = "") -> Finding:
    return Finding(severity, code, f"{table.name}.{column.name}", message, mend)


__all__ = ["enum_checks", "held_columns"]
