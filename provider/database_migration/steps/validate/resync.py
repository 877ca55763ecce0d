"""Makes tables equal again by comparing them and writing the rows that differ, instead of copying them anew.

Checksums by key range find the chunks that differ, bisection their rows, and those are read from the source and
written to the target. It works while writers write and an applier applies (``motion``), and is done when a whole
comparison finds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from database_migration.errors import Interrupted, ValidationFailed
from database_migration.ledger import Ledger
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.compare_tables import compare_tables
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.repair import repair_rows
from database_migration.steps.validate.tally import TableTally

log = logging.getLogger(__name__)

_TURNS = 100


def resync(run: MigrationRun, ledger: Ledger, tables: Collection[str], options: ValidateOptions) -> int:
    """Make some source tables' rows equal on the target; rows that were written. An applier has to be at work.

    :raises Interrupted: replication does not advance, or rows never came to rest.
    :raises ValidationFailed: rows stay different although they were written.
    """
    pairs = tuple(pair for pair in run.pairs() if pair.source.name in tables)
    written = 0
    for _ in range(_TURNS):
        tallies = {pair.source.name: TableTally(pair.source.name) for pair in pairs}
        with Motion(run, ledger.epoch, settle_seconds=options.settle.total_seconds()) as motion:
            compare_tables(run, options, ledger, pairs, tallies, motion)
            if any(tally.not_judged for tally in tallies.values()):
                raise Interrupted(
                    "rows differ, and whether they are on their way cannot be told: replication did not advance.",
                    mend=f"see that {run.migration}__replication runs, then clear the task.",
                    subject=run.migration,
                )
            found = sum(len(tally.differences) for tally in tallies.values())
            if not found and not any(tally.uncounted_in_motion for tally in tallies.values()):
                return written
            left = 0
            for pair in pairs:
                differences = list(tallies[pair.source.name].differences.values())
                if differences:
                    log.info("%d rows of %s differ and are written anew.", len(differences), pair.target.name)
                    left += len(repair_rows(run, ledger, pair, differences, motion).differences)
            written += found - left
            if found and left == found:
                raise ValidationFailed(
                    f"{left} rows stay different although they were written anew.",
                    mend="validate to see them; somebody else may be writing to the target.",
                    subject=run.migration,
                )
    raise Interrupted(
        "rows of the compared tables never came to rest.",
        mend="clear the task when the source is calmer; what was written stays.",
        subject=run.migration,
    )


__all__ = ["resync"]
