"""Columns of another engine as MySQL would report them: type, default, generated expression."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from database_migration.engines.mysql.defaults import constant_text
from database_migration.engines.mysql.expressions import translate
from database_migration.engines.mysql.hold.collations import collation_findings, collation_for
from database_migration.engines.mysql.hold.types import TEXT_KINDS, hold_type
from database_migration.engines.mysql.names import fitted
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Default, Table

_MAX_COMMENT = 1024
_ROW_BYTES = 60_000
"""Below the server's 65,535, which lengths and NULL bits share."""
_OCTETS = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3}


def hold_columns(table: Table, dialect: str, policy: HoldPolicy) -> tuple[tuple[Column, ...], list[Finding]]:
    """The table's columns with what they lose; at most one column keeps its identity."""
    keyed = keyed_columns(table)
    findings: list[Finding] = []
    columns = []
    identity = next((column.name for column in table.columns if column.identity), None)
    for column in table.columns:
        subject = f"{table.name}.{column.name}"
        held = _hold(column, dialect, policy, keyed=column.name in keyed, subject=subject, findings=findings)
        if held.collation == "":
            held = replace(held, collation=collation_for(column, policy))
        if column.identity and column.name != identity:
            held = replace(held, identity=False)
            findings.append(
                _warning("identity_dropped", subject, "A table has one AUTO_INCREMENT column; this one gets none.")
            )
        columns.append(held)
    findings += collation_findings(replace(table, columns=tuple(columns)))
    return _within_row_size(columns, keyed, table.name, findings), findings


def keyed_columns(table: Table) -> frozenset[str]:
    """Columns that need a bounded length: those of the primary key, of unique and of foreign keys."""
    names = set(table.primary_key)
    for index in table.indexes:
        if index.unique:
            names.update(index.columns)
    for key in table.foreign_keys:
        names.update(key.columns)
    return frozenset(names)


def octets(column: Column) -> int:
    """The most octets that a value takes inside its row or an index entry."""
    kind = column.type
    width = _OCTETS.get(column.charset or "", 1)
    if kind.kind in (Kind.CHAR, Kind.VARCHAR):
        return (kind.length or 0) * width + 2
    if kind.kind in (Kind.BINARY, Kind.VARBINARY):
        return (kind.length or 0) + 2
    if kind.kind is Kind.DECIMAL:
        return (kind.precision or 0) // 2 + 2
    return 12


def _hold(
    column: Column, dialect: str, policy: HoldPolicy, *, keyed: bool, subject: str, findings: list[Finding]
) -> Column:
    *refused, held = hold_type(column, policy, keyed=keyed)
    findings += [
        Finding(one.severity, one.code, subject, one.reason + ".", one.mend) for one in (*refused, held) if one.code
    ]
    generated = None if column.generated is None else translate(column.generated, dialect)
    if column.generated is not None and generated is None:
        findings.append(
            _warning(
                "generated_dropped",
                subject,
                f"The expression of this generated column has no counterpart: {column.generated}. It becomes an "
                "ordinary, empty column.",
            )
        )
    return Column(
        name=fitted(column.name),
        type=held.type,
        nullable=column.nullable or column.generated is not None,
        default=_default(column, held.type, dialect, subject, findings),
        identity=column.identity and held.type.kind is Kind.INTEGER,
        generated=generated,
        generated_stored=column.generated_stored,
        charset=held.charset[0] if held.charset else None,
        collation=held.charset[1] if held.charset else None,
        comment=column.comment[:_MAX_COMMENT],
    )


def _default(column: Column, held: ColumnType, dialect: str, subject: str, findings: list[Finding]) -> Default | None:
    default = column.default
    if default is None or column.identity or column.generated is not None:
        return None
    if column.type.kind is not Kind.INTERVAL and not (column.type.kind is Kind.ARRAY and held.kind is Kind.JSON):
        if not default.is_expression:
            return _constant(default, column.type, held)
        translated = _default_expression(default.text, column.type, held, dialect)
        if translated is not None:
            return translated
    findings.append(
        _warning("default_dropped", subject, f"The default {default.text} has no counterpart: set it by hand.")
    )
    return None


def _constant(default: Default, source: ColumnType, held: ColumnType) -> Default:
    if source.kind is Kind.UUID and held.kind is Kind.BINARY:
        return Default(default.text.replace("-", ""))
    return Default(constant_text(default.text, held))


def _default_expression(text: str, source: ColumnType, held: ColumnType, dialect: str) -> Default | None:
    if text == "CURRENT_TIMESTAMP":
        if source.kind is Kind.TIMESTAMP:
            return Default(f"UTC_TIMESTAMP({held.fraction or ''})", is_expression=True)
        if held.kind is Kind.DATETIME:
            return Default(text, is_expression=True)
        return Default("CURRENT_DATE", is_expression=True) if held.kind is Kind.DATE else None
    if text == "CURRENT_DATE":
        return Default(text, is_expression=True) if held.kind is Kind.DATE else None
    if text == "UUID":
        if held.kind is Kind.BINARY:
            return Default("UNHEX(REPLACE(UUID(),'-',''))", is_expression=True)
        return Default(text, is_expression=True) if held.kind in TEXT_KINDS | {Kind.UUID} else None
    translated = translate(text, dialect)
    return None if translated is None else Default(translated, is_expression=True)


def _within_row_size(
    columns: Iterable[Column], keyed: frozenset[str], table: str, findings: list[Finding]
) -> tuple[Column, ...]:
    """Turns the longest varchars into longtext until a row's fixed part fits."""
    by_name = {column.name: column for column in columns}
    while sum(map(octets, by_name.values())) > _ROW_BYTES:
        candidates = [
            column for column in by_name.values() if column.type.kind is Kind.VARCHAR and column.name not in keyed
        ]
        if not candidates:
            break
        longest = max(candidates, key=octets)
        by_name[longest.name] = replace(longest, type=ColumnType(Kind.TEXT, native="longtext"))
        findings.append(
            Finding(
                Severity.NOTE,
                "type_widened",
                f"{table}.{longest.name}",
                f"{longest.type.native} becomes longtext, because a row's columns must fit into 65,535 octets.",
            )
        )
    return tuple(by_name.values())


def _warning(code: str, subject: str, message: str) -> Finding:
    return Finding(Severity.WARNING, code, subject, message)


__all__ = ["hold_columns", "keyed_columns", "octets"]
