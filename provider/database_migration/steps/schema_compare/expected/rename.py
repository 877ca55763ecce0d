"""A source table under the names that it takes on the target, foreign keys and expressions included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Column, ForeignKey, Index, IndexPart, Table
from database_migration.model.table_selection import TableSelection


def rename_table(table: Table, selection: TableSelection, *, dialect: str) -> tuple[Table, list[Finding]]:
    """The table with target names; its expressions stay in the source's ``dialect``.

    A check, index or generated column whose expression cannot be parsed, and so not renamed in, is a finding.
    """
    names = selection.column_renames.get(table.name, {})
    findings: list[Finding] = []
    renamed = replace(
        table,
        name=selection.target_name(table.name),
        foreign_keys=tuple(_rename_foreign_key(key, table.name, selection) for key in table.foreign_keys),
    )
    if not names:
        return renamed, findings
    return (
        replace(
            renamed,
            columns=tuple(_rename_column(column, table, names, dialect, findings) for column in table.columns),
            primary_key=tuple(names.get(name, name) for name in table.primary_key),
            indexes=tuple(
                index for old in table.indexes if (index := _rename_index(old, table, names, dialect, findings))
            ),
            checks=tuple(
                check for old in table.checks if (check := _rename_check(old, table, names, dialect, findings))
            ),
        ),
        findings,
    )


def _rename_foreign_key(key: ForeignKey, table: str, selection: TableSelection) -> ForeignKey:
    return replace(
        key,
        columns=tuple(selection.target_column(table, name) for name in key.columns),
        parent_table=selection.target_name(key.parent_table),
        parent_columns=tuple(selection.target_column(key.parent_table, name) for name in key.parent_columns),
    )


def _rename_column(
    column: Column, table: Table, names: Mapping[str, str], dialect: str, findings: list[Finding]
) -> Column:
    generated = column.generated
    if generated is not None:
        generated = rename_in_expression(generated, names, dialect=dialect)
        if generated is None:
            findings.append(_unparsed(f"{table.name}.{column.name}", "generated column", Severity.BLOCKER))
            generated = column.generated
    return replace(column, name=names.get(column.name, column.name), generated=generated)


def _rename_index(
    index: Index, table: Table, names: Mapping[str, str], dialect: str, findings: list[Finding]
) -> Index | None:
    parts: list[IndexPart] = []
    for part in index.parts:
        expression = part.expression and rename_in_expression(part.expression, names, dialect=dialect)
        if part.expression and expression is None:
            findings.append(_unparsed(f"{table.name}.{index.name}", "index", Severity.WARNING))
            return None
        parts.append(replace(part, column=part.column and names.get(part.column, part.column), expression=expression))
    predicate = index.predicate and rename_in_expression(index.predicate, names, dialect=dialect)
    if index.predicate and predicate is None:
        findings.append(_unparsed(f"{table.name}.{index.name}", "index", Severity.WARNING))
        return None
    include = tuple(names.get(name, name) for name in index.include)
    return replace(index, parts=tuple(parts), predicate=predicate, include=include)


def _rename_check(
    check: Check, table: Table, names: Mapping[str, str], dialect: str, findings: list[Finding]
) -> Check | None:
    expression = rename_in_expression(check.expression, names, dialect=dialect)
    if expression is None:
        findings.append(_unparsed(f"{table.name}.{check.name}", "check", Severity.WARNING))
        return None
    return replace(check, expression=expression)


def rename_in_expression(sql: str, names: Mapping[str, str], *, dialect: str) -> str | None:
    """The expression with columns renamed; None where it cannot be parsed.

    An expression that names none of the columns comes back as it was written.
    """
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except SqlglotError:
        return None
    touched = False
    for column in tree.find_all(exp.Column):
        if column.name in names:
            column.set("this", exp.to_identifier(names[column.name], quoted=True))
            touched = True
    return tree.sql(dialect=dialect) if touched else sql


def _unparsed(subject: str, what: str, severity: Severity) -> Finding:
    left = "" if severity is Severity.BLOCKER else "; it is left out"
    return Finding(
        severity,
        "expression_not_renamed",
        subject,
        f"The {what}'s expression cannot be parsed, so that columns cannot be renamed in it{left}.",
        "rename no column of this table, or create the object with a script (steps.apply_schema.scripts).",
    )


__all__ = ["rename_in_expression", "rename_table"]
