"""What MySQL holds of a MariaDB table otherwise than MariaDB did, and the other way round."""

from __future__ import annotations

import re
from dataclasses import replace

from database_migration.engines.mysql.hold.collations import stand_in
from database_migration.engines.mysql.names import schema_wide
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Column, Index, Table

_ADDRESSES = {"inet4": 15, "inet6": 45}
"""Characters of the longest address (MariaDB's types)."""
_KNOWS_0900 = (11, 4)
_ASCII = ("ascii", "ascii_general_ci")


def hold_flavour(table: Table, policy: HoldPolicy) -> tuple[Table, list[Finding]]:
    """The table as the target's flavour holds it; as it is where both are of one flavour, or none is named."""
    flavours = [_is_mariadb(version) for version in (policy.source_version, policy.target_version)]
    if not policy.source_version or not policy.target_version or flavours[0] == flavours[1]:
        return table, []
    findings: list[Finding] = []
    columns = tuple(_column(column, table, policy.target_version, findings) for column in table.columns)
    indexes = tuple(
        held for index in table.indexes if (held := _index(index, table, flavours[1], findings)) is not None
    )
    checks = table.checks if flavours[1] else tuple(_check(check, table) for check in table.checks)
    return replace(table, columns=columns, indexes=indexes, checks=checks), findings


def _is_mariadb(version: str) -> bool:
    return "mariadb" in version.lower()


def _column(column: Column, table: Table, target: str, findings: list[Finding]) -> Column:
    subject = f"{table.name}.{column.name}"
    held = _without_foreign_type(column, subject, target, findings)
    if held.collation and _unknown(held.collation, target):
        other = stand_in(held.collation)
        message = f"This server has no {held.collation}: the column gets {other} in its place."
        mend = f"say which it is to be: mapping.collations.renamed: {{{held.collation}: {other}}}."
        findings.append(Finding(Severity.WARNING, "collation_replaced", subject, message, mend))
        held = replace(held, collation=other)
    if held.generated is not None and not held.nullable and _is_mariadb(target):
        message = "MariaDB takes no NOT NULL on a generated column; the expression decides."
        findings.append(Finding(Severity.NOTE, "generated_nullable", subject, message))
        held = replace(held, nullable=True)
    if held.default is not None and "nextval" in held.default.text.lower() and not _is_mariadb(target):
        message = f"The default {held.default.text} draws from a sequence, which MySQL has not."
        findings.append(Finding(Severity.WARNING, "default_dropped", subject, message, "let the application number."))
        held = replace(held, default=None)
    return held


def _without_foreign_type(column: Column, subject: str, target: str, findings: list[Finding]) -> Column:
    word = column.type.native.split()[0].lower() if column.type.native else ""
    if _is_mariadb(target):
        if word == "geomcollection":
            return replace(column, type=replace(column.type, native="geometrycollection"))
        return column
    if column.type.kind is Kind.UUID:
        type_ = ColumnType(Kind.CHAR, length=36, native="char(36)")
    elif word in _ADDRESSES:
        type_ = ColumnType(Kind.VARCHAR, length=_ADDRESSES[word], native=f"varchar({_ADDRESSES[word]})")
    else:
        return column
    message = f"{word} becomes {type_.native}, as MySQL has no such type; values keep their text."
    findings.append(Finding(Severity.NOTE, "type_as_text", subject, message))
    return replace(column, type=type_, charset=_ASCII[0], collation=_ASCII[1])


def _unknown(collation: str, target: str) -> bool:
    if not _is_mariadb(target):
        return "uca1400" in collation or "_nopad_" in collation
    release = tuple(int(part) for part in re.findall(r"\d+", target)[:2])
    return "_0900_" in collation and release < _KNOWS_0900


def _index(index: Index, table: Table, to_mariadb: bool, findings: list[Finding]) -> Index | None:
    subject = f"{table.name}.{index.name}"
    if to_mariadb and len(index.columns) != len(index.parts):
        findings.append(
            Finding(
                Severity.WARNING,
                "unique_dropped" if index.unique else "index_dropped",
                subject,
                "The index is left out: MariaDB has none over expressions.",
                "add a generated column with the expression and an index on it.",
            )
        )
        return None
    if index.parser:
        message = f"The full-text index loses its parser {index.parser}, which the other flavour has not."
        findings.append(Finding(Severity.WARNING, "parser_lost", subject, message))
        return replace(index, parser="")
    return index


def _check(check: Check, table: Table) -> Check:
    """MySQL's names of checks are the schema's, MariaDB's the table's."""
    return replace(check, name=schema_wide(table.name, check.name))


__all__ = ["hold_flavour"]
