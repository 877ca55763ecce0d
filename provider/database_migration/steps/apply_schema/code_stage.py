"""Stored code of a server of the same kind: routines before what may call them, triggers and events at the end.

A trigger that would fire on replicated rows (MySQL has no way to keep it still) is noted, and created by the cutover
once all is applied; its undo is that of its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import cast

from database_migration.engines.protocol import Session, TriggerSource
from database_migration.errors import Interrupted, Refused
from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import CodeKind
from database_migration.steps.apply_schema.create import Created, create
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.expected.code import REPLACED_NOTE, ExpectedCode, expected_code

WAITING_NOTE = "triggers_waiting"
"""The ledger's note of triggers that the cutover creates on the target."""
_ROUTINES = (CodeKind.FUNCTION, CodeKind.PROCEDURE)


def carried_code(run: MigrationRun, ledger: Ledger) -> list[ExpectedCode]:
    """The source's stored code that the target gets by itself; another engine's is not even read."""
    if run.source.engine.traits.engine != run.target.engine.traits.engine:
        return []
    replaced = cast("list[str]", ledger.notes.get_note(REPLACED_NOTE) or [])
    with run.source.connect("stored code") as session:
        return [one for one in expected_code(run, session, replaced=replaced) if one.statement is not None]


def create_code(
    run: MigrationRun, ledger: Ledger, code: Iterable[ExpectedCode], *, routines: bool
) -> Iterator[Created | Finding]:
    """Create routines, or all the rest; a refusal is a finding, and the others go on."""
    chosen = [one for one in code if (one.source.kind in _ROUTINES) is routines]
    if not routines:
        _note_waiting(run, ledger, [one for one in chosen if one.at_cutover])
    for one in chosen:
        if not one.at_cutover:
            ledger.runs.require_current(run.run_id, run.spec_hash)
            yield _create(run, ledger, ledger.session, one)


def _create(run: MigrationRun, ledger: Ledger, session: Session, one: ExpectedCode) -> Created | Finding:
    assert one.statement is not None
    engine = run.target.engine
    line = ledger.objects.find(one.statement.kind, one.statement.subject)
    if not ledger.objects.intend(one.statement):
        return Created(one.statement, line.seconds if line else 0.0, before=True)
    try:
        with engine.code.made_under(session, run.target.schema, one.source):
            return create(
                ledger.objects,
                session,
                one.statement,
                transactional=engine.traits.transactional_ddl,
                again=line is not None,
            )
    except Interrupted:
        raise
    except Refused as refusal:
        ledger.objects.forget(one.statement.kind, one.statement.subject)
        return Finding(
            Severity.WARNING,
            f"{one.statement.kind}_refused",
            one.source.name,
            f"The target refuses the {one.source.kind.value} as the source has it: {refusal.problem}",
            "write it for the target (its source and a stub are in the comparison's report) and name the file in"
            " steps.apply_schema.scripts.",
        )


def _note_waiting(run: MigrationRun, ledger: Ledger, code: list[ExpectedCode]) -> None:
    if code:
        held = [TriggerSource(one.source.name, one.source.table, _with_mode(one)) for one in code]
        ledger.notes.put_note(WAITING_NOTE, [asdict(one) for one in held])


def _with_mode(one: ExpectedCode) -> str:
    """As ``TriggerHold`` keeps them: the SQL mode as a literal on the first line, the statement after it."""
    assert one.statement is not None
    mode = dict(one.source.made_under).get("sql_mode", "").replace("'", "''")
    return f"'{mode}'\n{one.statement.sql}"


def waiting_triggers(ledger: Ledger) -> list[TriggerSource]:
    """Triggers that the cutover creates on the target."""
    lines = cast("list[dict[str, str]]", ledger.notes.get_note(WAITING_NOTE) or [])
    return [TriggerSource(line["name"], line["table"], line["create"]) for line in lines]


__all__ = ["WAITING_NOTE", "carried_code", "create_code", "waiting_triggers"]
