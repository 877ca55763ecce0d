"""A table of ours in the target's control schema, shaped like one that will be created, that does not outlive its use.

Where DDL is transactional the first one lives in one transaction that is rolled back. Elsewhere, and where several
stand side by side, the table is dropped afterwards, and before, as a killed probe may have left it: in open
transactions two of them could wait for each other's locks (a collation that both create) without anybody to let go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

from database_migration.engines.protocol import Session
from database_migration.ledger import CONTROL_SCHEMA
from database_migration.model.schema import Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun

_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class ProbeTable:
    """The table, and the session that may write to it."""

    table: Table
    """It names its secondary indexes, which are not built."""
    session: Session
    in_transaction: bool

    def writing(self) -> AbstractContextManager[None]:
        """The transaction in which rows are written: the table's own, or one of each write."""
        return nullcontext() if self.in_transaction else self.session.transaction()


class _RollBack(Exception):
    pass


@contextmanager
def probe_table(run: MigrationRun, target: Session, pair: TablePair, lane: int | None = None) -> Iterator[ProbeTable]:
    """The empty table; with ``lane``, one of several at the same time."""
    engine = run.target.engine
    name = f"probe_{0 if lane is None else lane + 1}_{run.log_name}"[:_LONGEST_NAME]
    # A key's name of its own: two of one name cannot stand in one schema.
    table = replace(pair.target, name=name, primary_key_name="", foreign_keys=(), checks=(), comment="")
    create, drop = engine.ddl.create_table(CONTROL_SCHEMA, table), engine.ddl.drop_table(CONTROL_SCHEMA, table.name)
    if engine.traits.transactional_ddl and lane is None:
        try:
            with target.transaction():
                target.execute(create.sql)
                yield ProbeTable(table, target, in_transaction=True)
                raise _RollBack
        except _RollBack:
            return
    else:
        target.execute(drop)
        target.execute(create.sql)
        try:
            yield ProbeTable(table, target, in_transaction=False)
        finally:
            target.execute(drop)


__all__ = ["ProbeTable", "probe_table"]
