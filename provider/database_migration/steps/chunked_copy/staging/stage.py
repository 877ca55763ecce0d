"""Before the first chunk is unloaded: what the lanes of either side have to know is put into the store.

Online, every chunk is said to be read from now on, in the ledger and before the plan is stored; the unload lanes, which
cannot reach the ledger, read only what the plan names. So each read begins after it was announced, and the rule of
``replicate.copy_seam`` holds as it is: a change that can be seen while its chunk waits in the store makes a stale row,
which is read again once the chunk is loaded. None is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.errors import SpecRefused
from database_migration.ledger import Ledger
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.staging.area import StagingArea
from database_migration.steps.chunked_copy.staging.options import StagingOptions
from database_migration.steps.chunked_copy.staging.records import VERSION, StagedChunk, StagedPlan, store_plan
from database_migration.steps.run import MigrationRun

_NOTE = "staging"
"""The ledger's note of the URL, so that going back finds the store whatever the spec says by then."""
_ANNOUNCED = "staging"
"""The lane that the ledger names for chunks which are read through the store."""


def staging_of(options: ChunkedCopyOptions) -> StagingOptions:
    """The options of staging, where a step cannot do without.

    :raises SpecRefused: there are none.
    """
    if options.staging is None:
        raise SpecRefused(
            "unload and load lanes need a store.",
            mend="say where: steps: {chunked_copy: {staging: {url: s3://aws_default@bucket/prefix}}}.",
            subject="steps.chunked_copy.staging",
        )
    return options.staging


def area_of(run: MigrationRun, options: ChunkedCopyOptions) -> StagingArea:
    """The run's place in the store."""
    return StagingArea(run.storage(staging_of(options).url), run.migration, run.run_id)


def stage(
    run: MigrationRun, options: ChunkedCopyOptions, ledger: Ledger, pairs: Sequence[TablePair], *, lanes: int
) -> None:
    """Announce every chunk that is not done, then store the plan; twice is once."""
    ledger.notes.put_note(_NOTE, {"url": staging_of(options).url})
    chunks = []
    for pair in pairs:
        lines = ledger.chunks.lines(pair.source.name)
        chunks += [StagedChunk(line.table, line.ordinal, line.lower, line.upper) for line in lines]
        if run.online:
            announced = ledger.seam.readings(pair.source.name)
            # One that is announced stays as it is: a TRUNCATE waits for that very reading to end.
            new = [line.ordinal for line in lines if not line.done and line.ordinal not in announced]
            with ledger.session.transaction():
                ledger.seam.begin_reading(pair.source.name, new, lane=_ANNOUNCED)
    plan = StagedPlan(VERSION, run.migration, run.run_id, lanes, tuple(pairs), tuple(chunks))
    store_plan(area_of(run, options), plan)


def remove_staged(run: MigrationRun, ledger: Ledger) -> str:
    """Take away what the run has in its store; where that was, '' if it never had one. Twice is once.

    :raises Interrupted: the store fails. :raises NotPossible: nobody here knows such a store.
    """
    note = ledger.notes.get_note(_NOTE)
    if not isinstance(note, dict):
        return ""
    area = StagingArea(run.storage(str(note["url"])), run.migration, run.run_id)
    area.remove()
    return str(area)


__all__ = ["area_of", "remove_staged", "stage", "staging_of"]
