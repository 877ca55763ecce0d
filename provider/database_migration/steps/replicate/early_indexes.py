"""The few indexes without which applying changes would read whole tables, built before the rest.

Secondary indexes wait until all rows are in and caught up. Catching up itself finds rows by their row key (where
that is no primary key) and, where cascades are emulated, children by their foreign key: these
indexes come first. They are the planned ones, under their planned names, so the later stage finds them made.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, Refused
from database_migration.ledger import Ledger
from database_migration.model.schema import Index, Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.apply_schema.create import create
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import expected_target

log = logging.getLogger(__name__)

_ACTING = frozenset({"CASCADE", "SET NULL"})


def build_early_indexes(run: MigrationRun) -> int:
    """Build the target's indexes that catching up needs; how many were built now."""
    built = 0
    with run.current_ledger() as ledger:
        if not ledger.session.try_lock(f"database_migration:{run.migration}:apply_schema"):
            raise Interrupted(
                "another session is applying this migration's schema.",
                mend="wait until it has ended; the next try goes on from there.",
                subject=run.migration,
            )
        planned = {table.name: table for table in expected_target(run, ledger).tables}
        cascades = not run.source.engine.traits.logs_cascades
        for pair in run.pairs():
            table = planned.get(pair.target.name)
            for index in _needed(pair, table, cascades=cascades) if table is not None else ():
                built += _build(run, ledger, ledger.session, pair.target, index)
    return built


def _needed(pair: TablePair, planned: Table, *, cascades: bool) -> Iterator[Index]:
    row_key = {column.target.name for column in pair.row_key}
    present = {index.name for index in pair.target.indexes}
    missing = [index for index in planned.indexes if index.name not in present]
    if row_key and row_key != set(pair.target.primary_key):
        yield from (index for index in missing if index.unique and set(index.columns) == row_key)
    own = {column.source.name: column.target.name for column in pair.columns}
    for key in pair.source.foreign_keys if cascades else ():
        if {key.on_delete, key.on_update} & _ACTING:
            columns = tuple(own.get(name, name) for name in key.columns)
            yield from [index for index in missing if not index.unique and index.columns[: len(columns)] == columns][:1]


def _build(run: MigrationRun, ledger: Ledger, session: Session, table: Table, index: Index) -> int:
    statement = run.target.engine.ddl.create_index(run.target.schema, table, index)
    again = ledger.objects.find(statement.kind, statement.subject) is not None
    if not ledger.objects.intend(statement):
        return 0
    try:
        create(
            ledger.objects,
            session,
            statement,
            transactional=run.target.engine.traits.transactional_ddl,
            again=again,
        )
    except Refused as refusal:
        log.warning("%s waits for the later stage: %s", statement.subject, refusal)
        return 0
    log.info("%s is built.", statement.subject)
    return 1


__all__ = ["build_early_indexes"]
