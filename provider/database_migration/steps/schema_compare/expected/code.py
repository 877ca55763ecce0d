"""Stored code between two servers of a kind: which of it is carried, and why the rest is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from database_migration.engines.protocol import Session, Statement
from database_migration.model.code_source import CodeSource
from database_migration.model.schema import CodeKind
from database_migration.steps.run import MigrationRun

REPLACED_NOTE = "replaced_code"
"""The ledger's note of the names that scripts of the user replace."""


@dataclass(frozen=True, slots=True)
class ExpectedCode:
    """A piece of stored code and what becomes of it."""

    source: CodeSource
    statement: Statement | None
    """None where a person has to write it."""
    reason: str
    at_cutover: bool = False
    """Whether it waits for the cutover, because it would fire on replicated rows."""


def expected_code(run: MigrationRun, session: Session, *, replaced: Iterable[str] = ()) -> list[ExpectedCode]:
    """The source's stored code in an order in which it can be made; ``session`` is on the source."""
    without = set(replaced)
    return [
        _expected(run, source)
        for source in run.source.engine.code.read(session, run.source.schema)
        if source.name not in without
    ]


def _expected(run: MigrationRun, source: CodeSource) -> ExpectedCode:
    target = run.target.engine
    if run.source.engine.traits.engine != target.traits.engine:
        return ExpectedCode(source, None, "its language is the source's")
    reason = source.why_not or _names_gone(run, source)
    if reason:
        return ExpectedCode(source, None, reason)
    statement = target.code.statement(run.target.schema, source, source_schema=run.source.schema)
    if source.kind is CodeKind.TRIGGER and run.online and not target.traits.suppresses_triggers:
        return ExpectedCode(source, statement, "it is created at the cutover, so as not to fire on copied rows", True)
    if source.kind is CodeKind.EVENT:
        return ExpectedCode(source, statement, "it is created disabled: the source's own is at work until the cutover")
    return ExpectedCode(source, statement, "it is created after the copy")


def _names_gone(run: MigrationRun, source: CodeSource) -> str:
    """Why its text would not fit the target's names."""
    if source.table and not run.selection.selects(source.table):
        return f"its table {source.table} does not take part"
    renamed = {*run.selection.renames, *(name for names in run.selection.column_renames.values() for name in names)}
    words = set(re.findall(r"\w+", source.create))
    meant = sorted(name for name in renamed if name in words)
    return f"it names {', '.join(meant)}, which arrives under another name" if meant else ""


__all__ = ["REPLACED_NOTE", "ExpectedCode", "expected_code"]
