"""Another engine's table as PostgreSQL would hold it and report it back.

Names of indexes and constraints are made to fit: PostgreSQL keeps indexes, tables and sequences of a schema
under one roof, so an index carries its table's name and an ending that tables do not have.
"""

from __future__ import annotations

from dataclasses import replace

from database_migration.engines.postgres.expressions import Columns
from database_migration.engines.postgres.hold.collations import lower_indexes
from database_migration.engines.postgres.hold.columns import held_columns
from database_migration.engines.postgres.hold.expressions import compares_text, translated_expression
from database_migration.engines.postgres.hold.indexes import held_indexes
from database_migration.engines.postgres.hold.partitions import Divided, held_partitions
from database_migration.engines.postgres.hold.types import label_checks, label_keys
from database_migration.engines.postgres.names import quote, shortened
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Table


def held_table(table: Table, *, dialect: str, policy: HoldPolicy) -> tuple[Table, list[Finding]]:
    """See ``protocol.Ddl.hold``."""
    if dialect == "postgres":
        return _own(table)
    columns, findings = held_columns(table, dialect=dialect, policy=policy)
    types = {column.name: column.type for column in columns}
    indexes, of_indexes = held_indexes(table, dialect, types)
    indexes += lower_indexes(table, indexes, policy)
    checks, of_checks = _held_checks(table, dialect, types, policy)
    findings += [*of_indexes, *of_checks]
    if shortened(table.name) != table.name:
        findings.append(
            Finding(
                Severity.BLOCKER,
                "name_too_long",
                table.name,
                f"The name has {len(table.name.encode())} octets; PostgreSQL keeps 63.",
                mend=f"tables: {{{table.name}: {{rename: {shortened(table.name)}}}}}",
            )
        )
    divided = held_partitions(table, columns) if table.partitioned_by else ""
    if table.partitioned_by:
        findings.append(_partitioning(table, divided))
    labels = label_keys(table, {column.name: types[shortened(column.name)] for column in table.columns}, policy)
    held = replace(
        table,
        name=shortened(table.name),
        columns=tuple(columns),
        primary_key=tuple(shortened(name) for name in table.primary_key),
        primary_key_name=shortened(f"{table.name}_pkey") if table.primary_key else "",
        indexes=tuple(sorted(indexes, key=lambda index: index.name)),
        foreign_keys=tuple(
            sorted(
                (
                    replace(
                        key,
                        name=shortened(key.name),
                        columns=tuple(shortened(name) for name in key.columns),
                        parent_table=shortened(key.parent_table),
                        parent_columns=tuple(shortened(name) for name in key.parent_columns),
                    )
                    for key in (*table.foreign_keys, *labels)
                ),
                key=lambda key: key.name,
            )
        ),
        checks=tuple(sorted(checks, key=lambda check: check.name)),
        storage="heap",
        partitioned_by="" if isinstance(divided, str) else divided.by,
        partitions=() if isinstance(divided, str) else divided.parts,
    )
    return held, findings


def _own(table: Table) -> tuple[Table, list[Finding]]:
    """A table of this engine stays as it is, but for numbers that replication has to be free to write."""
    findings = []
    columns = []
    for column in table.columns:
        if column.identity_always and column.name not in table.row_key:
            message = "GENERATED ALWAYS becomes BY DEFAULT, as changes that are applied bring their numbers along."
            mend = f"ALTER TABLE {quote(table.name)} ALTER {quote(column.name)} SET GENERATED ALWAYS, after finalize."
            findings.append(Finding(Severity.NOTE, "identity_by_default", f"{table.name}.{column.name}", message, mend))
            column = replace(column, identity_always=False)
        columns.append(column)
    if table.partitioned_by and not table.partitions:
        message = f"The table is partitioned by {table.partitioned_by} and has no partition, so that it is plain here."
        findings.append(Finding(Severity.NOTE, "partitioning_dropped", table.name, message))
        return replace(table, columns=tuple(columns), partitioned_by=""), findings
    return (replace(table, columns=tuple(columns)) if findings else table), findings


def _partitioning(table: Table, divided: Divided | str) -> Finding:
    if not isinstance(divided, str):
        message = f"Its {len(divided.parts)} partitions are carried, divided by {divided.by}."
        return Finding(Severity.NOTE, "partitions_translated", table.name, f"{message} {divided.note}".strip())
    return Finding(
        Severity.WARNING,
        "partitioning_dropped",
        table.name,
        f"The table is partitioned by {table.partitioned_by} and becomes one plain table: {divided}.",
        mend="create the partitioned table on the target by hand before the copy, if it is still wanted.",
    )


def _held_checks(table: Table, dialect: str, types: Columns, policy: HoldPolicy) -> tuple[list[Check], list[Finding]]:
    checks: list[Check] = []
    findings: list[Finding] = []
    for check in table.checks:
        if _only_says_json(check.expression, table):
            continue
        text = translated_expression(check.expression, dialect, types)
        subject = f"{table.name}.{check.name}"
        if text is None:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "check_dropped",
                    subject,
                    f"The check {check.expression} is not carried over: its meaning on PostgreSQL is not certain.",
                    mend=f"ALTER TABLE {quote(table.name)} ADD CONSTRAINT {quote(check.name)} CHECK (…);",
                )
            )
            continue
        if compares_text(text):
            findings.append(
                Finding(
                    Severity.NOTE,
                    "check_stricter",
                    subject,
                    f"The check {text} tells upper from lower case on PostgreSQL.",
                )
            )
        checks.append(Check(shortened(check.name), text))
    held = {source.name: types[shortened(source.name)] for source in table.columns}
    for check in label_checks(table, held, policy):
        taken = {one.name for one in checks}
        name = check.name if check.name not in taken else shortened(f"{check.name}_labels")
        checks.append(Check(name, check.expression))
    return checks, findings


def _only_says_json(expression: str, table: Table) -> bool:
    """MariaDB's JSON columns are text with CHECK (json_valid(c)), which jsonb sees to by itself."""
    plain = expression.replace("`", "").replace("(", " ").replace(")", " ").split()
    json_columns = {column.name for column in table.columns if column.type.kind == "json"}
    return len(plain) == 2 and plain[0].lower() == "json_valid" and plain[1] in json_columns


__all__ = ["held_table"]
