"""Another engine's columns as PostgreSQL holds them, with defaults that lose nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from database_migration.engines.postgres.default_values import constant_text
from database_migration.engines.postgres.hold.collations import hold_collations
from database_migration.engines.postgres.hold.expressions import translated_expression
from database_migration.engines.postgres.hold.types import hold_type
from database_migration.engines.postgres.names import quote, shortened
from database_migration.engines.postgres.row_sql.array_text import label_array
from database_migration.model.column_type import ColumnType, Form, Kind, form_or_none
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Default, Table

_OTHER_TEXT = (Form.UUID, Form.GEOMETRY, Form.INTEGER)
"""Forms in which a constant of another kind of type is spelled otherwise."""
_PORTABLE = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "UUID")


def held_columns(table: Table, *, dialect: str, policy: HoldPolicy) -> tuple[list[Column], list[Finding]]:
    """The columns with types, defaults and generated expressions of PostgreSQL."""
    findings: list[Finding] = []
    keyed = set(table.primary_key) | {name for key in table.foreign_keys for name in key.columns}
    typed = [
        replace(column, type=hold_type(table, column, policy, keyed=column.name in keyed, findings=findings))
        for column in table.columns
    ]
    types = {column.name: column.type for column in typed}
    held = [
        replace(
            column,
            name=shortened(column.name),
            nullable=column.nullable and column.name not in table.primary_key and not column.identity,
            default=_held_default(table, source, dialect, types, findings),
            generated=_held_generated(table, column, dialect, types, findings),
            generated_stored=True,
            charset=None,
            collation=None,
            invisible=False,
        )
        for source, column in zip(table.columns, typed, strict=True)
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
        constant = _constant(default.text, column.type, types[column.name])
        if constant is not None:
            return Default(constant)
    message = f"The default {default.text} cannot be said in PostgreSQL and is dropped."
    mend = f"ALTER TABLE {quote(table.name)} ALTER COLUMN {quote(column.name)} SET DEFAULT …;"
    findings.append(_finding(Severity.WARNING, "default_dropped", table, column, message, mend))
    return None


def _constant(text: str, source: ColumnType, type_: ColumnType) -> str | None:
    if source.kind is Kind.SET and type_.kind is Kind.ARRAY:
        return label_array("{" + text + "}")
    if source.kind is not type_.kind and form_or_none(source, type_) in _OTHER_TEXT:
        return None
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


__all__ = ["held_columns"]
