"""A table of another engine as MySQL would hold and report it: columns, indexes, keys, checks."""

from __future__ import annotations

from dataclasses import replace

from database_migration.engines.mysql.expressions import translate
from database_migration.engines.mysql.hold.columns import hold_columns, octets
from database_migration.engines.mysql.hold.partitions import hold_partitions
from database_migration.engines.mysql.hold.types import KEYED_CHARACTERS
from database_migration.engines.mysql.names import fitted, schema_wide
from database_migration.model.column_type import Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, ForeignKey, Index, IndexMethod, IndexPart, Table

_INDEX_OCTETS = 3072
_MAX_COMMENT = 2048
_ACTIONS = frozenset({"NO ACTION", "CASCADE", "SET NULL"})
_UNBOUNDED = frozenset({Kind.TEXT, Kind.BLOB})


def hold_table(table: Table, dialect: str, policy: HoldPolicy) -> tuple[Table, list[Finding]]:
    """The table in MySQL's terms, with a finding for all that is not held exactly."""
    columns, findings = hold_columns(table, dialect, policy)
    held = Table(
        name=fitted(table.name),
        columns=columns,
        primary_key=tuple(fitted(name) for name in table.primary_key),
        primary_key_name="PRIMARY" if table.primary_key else "",
        comment=table.comment[:_MAX_COMMENT],
        next_identity=table.next_identity,
        estimated_rows=table.estimated_rows,
        estimated_bytes=table.estimated_bytes,
        storage="InnoDB",
    )
    if table.partitioned_by:
        divided = hold_partitions(table, held)
        if isinstance(divided, Table):
            held = divided
            findings.append(
                Finding(Severity.NOTE, "partitions_translated", table.name, f"It is {held.partitioned_by} partitioned.")
            )
        else:
            message = f"It is not partitioned by {table.partitioned_by}: {divided}."
            findings.append(_warning("partitions_dropped", table.name, message))
    kept = [_index(held, index, findings) for index in table.indexes]
    indexes = [index for index in kept if index is not None]
    keys = tuple(sorted((_foreign_key(held, key, findings) for key in table.foreign_keys), key=lambda key: key.name))
    held = replace(held, indexes=tuple(indexes), foreign_keys=keys)
    held = replace(held, indexes=tuple(sorted(_supported(held), key=lambda index: index.name)))
    return replace(held, checks=_checks(held, table, dialect, findings)), findings


def _warning(code: str, subject: str, message: str) -> Finding:
    return Finding(Severity.WARNING, code, subject, message)


def _index(held: Table, index: Index, findings: list[Finding]) -> Index | None:
    subject = f"{held.name}.{index.name}"
    reason = _why_not(held, index)
    if reason:
        code = "unique_dropped" if index.unique else "index_dropped"
        findings.append(_warning(code, subject, f"The index is left out: {reason}."))
        return None
    findings += _lost(index, subject)
    if index.include:
        findings.append(
            Finding(Severity.NOTE, "include_dropped", subject, "The columns that it only carries along are left out.")
        )
    parts = tuple(_part(held, part, len(index.parts), unique=index.unique) for part in index.parts)
    return Index(
        name=fitted(index.name) if index.name.upper() != "PRIMARY" else "primary_1",
        parts=parts,
        unique=index.unique,
        comment=index.comment[:1024],
    )


def _lost(index: Index, subject: str) -> list[Finding]:
    """What of an index that is created all the same is not as it was."""
    findings = []
    if index.deferrable:
        findings.append(_warning("not_deferrable", subject, "It is checked with each row, not at commit."))
    if any(part.nulls_first is not None for part in index.parts):
        message = "NULLs come first in ascending and last in descending order, as MySQL always sorts them."
        findings.append(Finding(Severity.NOTE, "nulls_order_lost", subject, message))
    if any(part.operator_class or part.collation for part in index.parts):
        message = "It sorts as its columns do: operator classes and collations of its own are left out."
        findings.append(Finding(Severity.NOTE, "index_order_lost", subject, message))
    return findings


def _why_not(held: Table, index: Index) -> str:
    if index.method not in (IndexMethod.BTREE, IndexMethod.HASH):
        return "MySQL has no such access method"
    if index.predicate is not None:
        return "it holds for some rows only"
    if len(index.columns) != len(index.parts):
        return "it is over an expression"
    if not index.nulls_distinct and index.unique:
        return "MySQL's unique keys take NULLs for different"
    columns = [held.column(fitted(name)) for name in index.columns]
    if any(column.type.kind in (Kind.JSON, Kind.SPATIAL) for column in columns):
        return "MySQL does not index documents"
    if index.unique and sum(map(octets, columns)) > _INDEX_OCTETS:
        return f"its columns are longer than {_INDEX_OCTETS} octets"
    return ""


def _part(held: Table, part: IndexPart, parts: int, *, unique: bool) -> IndexPart:
    column = held.column(fitted(part.column or ""))
    prefix = None
    if not unique:
        limit = _INDEX_OCTETS // parts
        if column.type.kind in _UNBOUNDED:
            prefix = min(KEYED_CHARACTERS, limit // 4)
        elif octets(column) > limit:
            prefix = limit // 4
    return IndexPart(column.name, descending=part.descending, prefix=prefix)


def _foreign_key(held: Table, key: ForeignKey, findings: list[Finding]) -> ForeignKey:
    actions = []
    for action in (key.on_delete, key.on_update):
        if action not in _ACTIONS and action != "RESTRICT":
            findings.append(
                _warning("action_changed", f"{held.name}.{key.name}", f"InnoDB has no {action}: it becomes NO ACTION.")
            )
        actions.append(action if action in _ACTIONS else "NO ACTION")
    if key.deferrable:
        findings.append(
            _warning("not_deferrable", f"{held.name}.{key.name}", "It is checked with each row, not at commit.")
        )
    if key.match_full:
        message = "MATCH FULL becomes MATCH SIMPLE: a row of which some columns are NULL is not checked."
        findings.append(_warning("match_full_lost", f"{held.name}.{key.name}", message))
    return ForeignKey(
        name=schema_wide(held.name, key.name),
        columns=tuple(fitted(name) for name in key.columns),
        parent_table=fitted(key.parent_table),
        parent_columns=tuple(fitted(name) for name in key.parent_columns),
        on_delete=actions[0],
        on_update=actions[1],
    )


def _supported(held: Table) -> list[Index]:
    """The indexes, with those that foreign keys and AUTO_INCREMENT cannot do without."""
    indexes = list(held.indexes)
    for key in held.foreign_keys:
        if not _leads(held, indexes, key.columns):
            indexes.append(Index(key.name, tuple(IndexPart(name) for name in key.columns)))
    for column in held.columns:
        if column.identity and not _leads(held, indexes, (column.name,)):
            indexes.append(Index(fitted(f"{held.name}_{column.name}_identity"), (IndexPart(column.name),)))
    return indexes


def _leads(held: Table, indexes: list[Index], columns: tuple[str, ...]) -> bool:
    candidates = [tuple(IndexPart(name) for name in held.primary_key), *(index.parts for index in indexes)]
    return any(
        tuple(part.column for part in parts[: len(columns)]) == columns
        and all(part.prefix is None for part in parts[: len(columns)])
        for parts in candidates
    )


def _checks(held: Table, table: Table, dialect: str, findings: list[Finding]) -> tuple[Check, ...]:
    moved = {
        name for key in held.foreign_keys for name in key.columns if {key.on_delete, key.on_update} != {"NO ACTION"}
    }
    identity = {column.name for column in held.columns if column.identity}
    checks = []
    for check in table.checks:
        expression = translate(check.expression, dialect)
        subject = f"{held.name}.{check.name}"
        if expression is None:
            findings.append(
                _warning("check_dropped", subject, f"The condition has no exact counterpart: {check.expression}.")
            )
        elif any(f"`{name}`" in expression for name in moved | identity):
            reason = "MySQL allows no check on AUTO_INCREMENT columns, nor on those that a foreign key's action changes"
            findings.append(_warning("check_dropped", subject, f"{reason}: {check.expression}."))
        else:
            checks.append(Check(schema_wide(held.name, check.name), expression))
    return tuple(sorted(checks, key=lambda check: check.name))


__all__ = ["hold_table"]
