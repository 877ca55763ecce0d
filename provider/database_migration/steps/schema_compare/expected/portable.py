"""What is said, and changed, of a source's schema whatever the target's engine is.

Constraints that refuse nothing are left out, domains that the target's engine has not become types and checks
of the columns that use them, and what no server gets from another is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, ForeignKey, Schema, Table


def portable_table(table: Table, source: Schema, *, target_engine: str) -> tuple[Table, list[Finding]]:
    """The table as any engine's ``hold`` takes it, with findings for what stays behind."""
    findings = [
        Finding(
            Severity.NOTE if remark.harmless else Severity.WARNING, remark.code, table.name, remark.message, remark.mend
        )
        for remark in table.remarks
    ]
    findings += [
        Finding(
            Severity.NOTE,
            "not_enforced_left_out",
            f"{table.name}.{constraint.name}",
            "The constraint is NOT ENFORCED: it refuses nothing, and is not created.",
        )
        for constraint in _constraints(table)
        if not constraint.enforced
    ]
    kept = replace(
        table,
        checks=tuple(check for check in table.checks if check.enforced),
        foreign_keys=tuple(key for key in table.foreign_keys if key.enforced),
    )
    if source.engine != target_engine:
        kept = _without_domains(kept, source, findings)
        findings += _unproven(kept)
    return kept, findings


def _constraints(table: Table) -> tuple[Check | ForeignKey, ...]:
    return (*table.checks, *table.foreign_keys)


def _unproven(table: Table) -> Iterator[Finding]:
    for constraint in _constraints(table):
        if not constraint.validated:
            yield Finding(
                Severity.WARNING,
                "not_valid",
                f"{table.name}.{constraint.name}",
                "The constraint is NOT VALID: rows older than it may break it, and the target checks every row.",
                f"ALTER TABLE … VALIDATE CONSTRAINT {constraint.name} on the source shows whether any does.",
            )


def _without_domains(table: Table, source: Schema, findings: list[Finding]) -> Table:
    domains = {type_.name: type_ for type_ in source.types if type_.is_domain}
    checks = list(table.checks)
    columns = []
    for column in table.columns:
        domain = domains.get(column.domain)
        for name, expression in domain.checks if domain else ():
            about_column = _about(expression, column.name, source.engine)
            if about_column is None:
                message = f"The check {expression} of the domain {column.domain} cannot be parsed and is left out."
                findings.append(Finding(Severity.WARNING, "check_dropped", f"{table.name}.{column.name}", message))
            else:
                checks.append(Check(f"{table.name}_{column.name}_{name}", about_column))
        columns.append(replace(column, domain=""))
    return replace(table, columns=tuple(columns), checks=tuple(checks))


def _about(expression: str, column: str, dialect: str) -> str | None:
    """A domain's condition as one about a column, which takes the place of VALUE."""
    try:
        tree = sqlglot.parse_one(expression, read=dialect)
    except SqlglotError:
        return None

    def named(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name.upper() == "VALUE" and not node.table:
            return exp.column(exp.to_identifier(column, quoted=True))
        return node

    return str(tree.transform(named).sql(dialect=dialect))


def without_referenced_partitions(tables: Sequence[Table]) -> tuple[tuple[Table, ...], list[Finding]]:
    """Plain tables in place of partitioned ones that foreign keys refer to, for an engine that cannot have both."""
    parents = {key.parent_table for table in tables for key in table.foreign_keys}
    findings = []
    kept = []
    for table in tables:
        if table.partitions and table.name in parents:
            message = "Foreign keys refer to the table, which the target's engine allows for plain tables only."
            findings.append(Finding(Severity.WARNING, "partitions_dropped", table.name, message))
            table = replace(table, partitioned_by="", partitions=())
        kept.append(table)
    return tuple(kept), findings


def listed_objects(source: Schema) -> Iterator[Finding]:
    """A finding for each thing that is not carried or not even seen."""
    for thing in source.others:
        code = f"{thing.kind.replace(' ', '_')}_not_carried"
        severity = Severity.NOTE if thing.kind in ("grant", "extension", "extended statistics") else Severity.WARNING
        detail = f" ({thing.detail})" if thing.detail else ""
        yield Finding(severity, code, thing.name, f"The {thing.kind} is not carried{detail}.", thing.mend)
    for part in source.hidden:
        yield Finding(Severity.WARNING, "hidden_from_account", part.name, part.message, part.grant)
    for view in source.views:
        if view.materialized:
            message = "A materialised view shows the moment at which it was last refreshed."
            mend = f"REFRESH MATERIALIZED VIEW {view.name} after the cutover."
            yield Finding(Severity.NOTE, "view_to_refresh", view.name, message, mend)


__all__ = ["listed_objects", "portable_table", "without_referenced_partitions"]
