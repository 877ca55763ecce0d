"""Writes the source's rows over those of the target that differ, on request.

A repaired row is judged again afterwards: while replication runs, a write of ours may have met a newer change on
its way, and then the row shows up as different and is repaired from its newer state.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from database_migration.engines.protocol import Session
from database_migration.errors import NotPossible, ValueRefused
from database_migration.ledger import Ledger
from database_migration.model.change import Change, Operation, Value
from database_migration.model.migration_state import Side
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.quarantined_changes import QuarantinedChanges
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.motion import Judgement, Motion
from database_migration.steps.validate.row_values import RowKey, in_batches, key_of, source_rows
from database_migration.steps.validate.sides import Sides

_TRIES = 3


def repair_rows(
    run: MigrationRun, ledger: Ledger, pair: TablePair, found: Sequence[Difference], motion: Motion
) -> Judgement:
    """Repair the rows of one table; what still differs after three tries is returned.

    :raises NotPossible: the application already writes to the target.
    """
    state = ledger.runs.require_current(run.run_id, run.spec_hash)
    if state.serving is Side.TARGET:
        raise NotPossible(
            "the application writes to the target, whose rows are newer than the source's.",
            mend="validate without repair.",
            subject=run.migration,
        )
    judgement = Judgement(list(found))
    with Sides(run) as sides, run.target.connect("repair") as session:
        run.target.engine.writer.prepare(session, run.log_name)
        lines = run.ledger_over(session, ledger.epoch).quarantine
        quarantine = QuarantinedChanges(run, session, lines, {pair.source.name: pair}, "repair")
        for _ in range(_TRIES):
            keys = [difference.key for difference in judgement.differences]
            if not keys:
                break
            repeated = {one.key for one in judgement.differences if one.kind is DifferenceKind.REPEATED}
            for batch in in_batches(keys):
                _write(session, quarantine, _changes(run, sides, pair, batch, repeated))
            judgement = motion.judge(sides, pair, keys)
    return judgement


def _write(session: Session, quarantine: QuarantinedChanges, changes: Sequence[Change]) -> None:
    """Write rows in one transaction, or, where one of them cannot be held, each in its own."""
    try:
        with session.transaction():
            quarantine.write(quarantine.sorted_out(changes))
    except ValueRefused as error:
        quarantine.reload()
        if len(changes) > 1:
            for change in changes:
                _write(session, quarantine, [change])
            return
        with session.transaction():
            quarantine.keep(changes[0], error)


def _changes(
    run: MigrationRun, sides: Sides, pair: TablePair, keys: list[RowKey], repeated: Set[RowKey]
) -> list[Change]:
    names = [column.source.name for column in pair.columns]
    rows = source_rows(run, sides.source, pair, keys)
    changes = []
    for key in keys:
        row = rows.get(key_of(pair, key))
        if row is None or key in repeated:
            before: dict[str, Value] = {
                column.source.name: text for column, text in zip(pair.row_key, key, strict=True)
            }
            changes.append(Change(Operation.DELETE, pair.source.name, before=before))
        if row is not None:
            after: dict[str, Value] = dict(zip(names, row.texts, strict=True))
            changes.append(Change(Operation.INSERT, pair.source.name, after=after))
    return changes


__all__ = ["repair_rows"]
