"""A table of ours in the target's control schema, shaped like one that will be created, that does not outlive its use.

Where DDL is transactional everything happens in one transaction that is rolled back; elsewhere the table is dropped
afterwards, and before, as a killed probe may have left it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from database_migration.engines.protocol import Session
from database_migration.ledger import CONTROL_SCHEMA
from database_migration.model.schema import Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun

_LONGEST_NAME = 60


class _RollBack(Exception):
    pass


@contextmanager
def probe_table(run: MigrationRun, target: Session, pair: TablePair, number: int = 0) -> Iterator[Table]:
    """The empty table; it names its secondary indexes, which are not built. ``number`` tells lanes apart."""
    engine = run.target.engine
    name = f"probe_{number}_{run.log_name}"[:_LONGEST_NAME]
    # A key's name of its own: in one schema a second one of that name waits for the first one's transaction.
    table = replace(pair.target, name=name, primary_key_name="", foreign_keys=(), checks=(), comment="")
    create, drop = engine.ddl.create_table(CONTROL_SCHEMA, table), engine.ddl.drop_table(CONTROL_SCHEMA, table.name)
    if engine.traits.transactional_ddl:
        try:
            with target.transaction():
                target.execute(create.sql)
                yield table
                raise _RollBack
        except _RollBack:
            return
    else:
        target.execute(drop)
        target.execute(create.sql)
        try:
            yield table
        finally:
            target.execute(drop)


def writing(run: MigrationRun, target: Session) -> AbstractContextManager[None]:
    """The transaction in which rows are written: the table's own, or one of each write."""
    return nullcontext() if run.target.engine.traits.transactional_ddl else target.transaction()


__all__ = ["probe_table", "writing"]
