"""Takes back what a run created, the latest first, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, Refused
from database_migration.ledger import CreatedObject, Ledger, Objects
from database_migration.model.migration_state import Side
from database_migration.steps.apply_schema.split_script import split_script
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.scripts import SCHEMA

log = logging.getLogger(__name__)

SCRIPT = "script_file"


def undo_objects(run: MigrationRun, ledger: Ledger, session: Session) -> list[CreatedObject]:
    """Drop all that this run made on the target, in reverse order; what was dropped.

    ``session`` is on the target and has to be the ledger's own, so that an object and its line go together.
    A schema of ours that holds something of others stays. Twice is once.

    :raises Refused: something of others depends on an object; the text names both.
    """
    return undo_lines(run, ledger, session, ledger.objects.all())


def undo_lines(
    run: MigrationRun, ledger: Ledger, session: Session, lines: Sequence[CreatedObject]
) -> list[CreatedObject]:
    """Drop some of what this run made on the target, the last of them first; what was dropped. Raises likewise."""
    return [line for line in reversed(lines) if line.side is Side.TARGET and _undo(run, session, ledger.objects, line)]


def undo_earlier_runs(run: MigrationRun, ledger: Ledger, session: Session) -> list[CreatedObject]:
    """Drop what ended runs of the same migration left on the target; what was dropped."""
    return [
        line
        for epoch, line in ledger.objects.of_earlier_runs()
        if line.side is Side.TARGET and _undo(run, session, ledger.objects.at_epoch(epoch), line)
    ]


def _undo(run: MigrationRun, session: Session, objects: Objects, line: CreatedObject) -> bool:
    traits = run.target.engine.traits
    # A script's undo is a script too; every other undo is one text that the engine itself wrote.
    statements = list(split_script(line.undo, dialect=traits.engine)) if line.kind == SCRIPT else [line.undo]
    log.info("taking back %s %s", line.kind, line.subject)
    try:
        if traits.transactional_ddl:
            with session.transaction():
                _execute(session, statements)
                objects.forget(line.kind, line.subject, line.side)
        else:
            _execute(session, statements)
            objects.forget(line.kind, line.subject, line.side)
    except Interrupted:
        raise
    except Refused as error:
        if line.kind == SCHEMA:
            log.warning("the schema %s is kept, it holds something that is not ours: %s", line.subject, error)
            objects.forget(line.kind, line.subject, line.side)
            return False
        raise Refused(
            f"the {line.kind} {line.subject} of an earlier try cannot be taken back: {error.problem}",
            mend="drop or detach what depends on it, then clear the task.",
            subject=run.migration,
        ) from error
    return True


def _execute(session: Session, statements: list[str]) -> None:
    for statement in statements:
        if statement.strip():
            session.execute(statement)


__all__ = ["SCRIPT", "undo_earlier_runs", "undo_lines", "undo_objects"]
