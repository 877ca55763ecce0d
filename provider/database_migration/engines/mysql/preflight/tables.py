"""What a table's shape means for a migration: transactions, keys, cascades, columns that cannot be captured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from database_migration.model.column_type import Kind
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table

_ACTING = frozenset({"CASCADE", "SET NULL"})


def table_findings(tables: Sequence[Table], *, online: bool, role: Side) -> list[Finding]:
    """Findings about the tables' definitions; nothing is read from them."""
    if role is not Side.SOURCE:
        return []
    return [finding for table in tables for finding in _of_table(table, online=online)]


def _of_table(table: Table, *, online: bool) -> Iterator[Finding]:
    if online and table.storage and table.storage.lower() not in ("innodb", "rocksdb"):
        yield Finding(
            Severity.BLOCKER, "not_transactional", table.name,
            f"The table is stored in {table.storage}, which has no transactions to capture.",
            mend=f"ALTER TABLE `{table.name}` ENGINE=InnoDB; or migrate it offline.",
        )  # fmt: skip
    if online:
        for key in table.foreign_keys:
            if {key.on_delete, key.on_update} & _ACTING:
                yield Finding(
                    Severity.NOTE, "cascade_not_logged", f"{table.name}.{key.name}",
                    "What this foreign key's action changes is not in the log; replication makes the same changes.",
                )  # fmt: skip
    for column in table.columns:
        native = column.type.native.lower()
        if online and (column.type.kind is Kind.OTHER or "compressed" in native):
            yield Finding(
                Severity.BLOCKER, "column_not_in_log", f"{table.name}.{column.name}",
                f"Columns of type {column.type.native} cannot be read from the log.",
                mend=f"exclude the table, migrate it offline, or ALTER TABLE `{table.name}` MODIFY the column.",
            )  # fmt: skip


__all__ = ["table_findings"]
