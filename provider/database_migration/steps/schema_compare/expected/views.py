"""The views that the target is to have: carried, translated, or left to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, View
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries.translate import translate_view
from database_migration.steps.translate_queries.translation import Weight as NoteWeight

CARRIED, TRANSLATED, MANUAL = "carried", "translated", "manual"


@dataclass(frozen=True, slots=True)
class ExpectedView:
    """A view of the source and what becomes of it."""

    source: View
    view: View | None
    """In the target's dialect and names; None where a person has to write it."""
    outcome: str
    """``carried``, ``translated`` or ``manual``."""
    reason: str = ""


def expected_views(run: MigrationRun, source: Schema, target: Schema) -> list[ExpectedView]:
    """The source's views in an order in which they can be created; ``target`` holds the expected tables."""
    selected = [view for view in source.views if run.selection.selects(view.name)]
    left_out = {table.name for table in source.tables if not run.selection.selects(table.name)}
    left_out |= {view.name for view in source.views if not run.selection.selects(view.name)}
    outcomes: dict[str, ExpectedView] = {}
    for view in _by_dependency(selected):
        unavailable = [
            name
            for name in view.depends_on
            if name in left_out or (name in outcomes and outcomes[name].outcome == MANUAL)
        ]
        if unavailable:
            reason = f"it depends on {', '.join(sorted(unavailable))}, which the target does not get by itself"
            outcomes[view.name] = ExpectedView(view, None, MANUAL, reason)
        else:
            outcomes[view.name] = _carry(run, view, source, target)
    return list(outcomes.values())


def _carry(run: MigrationRun, view: View, source: Schema, target: Schema) -> ExpectedView:
    dialects = run.source.engine.traits.engine, run.target.engine.traits.engine
    renamed = any(name in run.selection.renames or name in run.selection.column_renames for name in view.depends_on)
    columns = tuple(run.selection.target_column(view.name, name) for name in view.columns)
    arriving = replace(view, name=run.selection.target_name(view.name), columns=columns)
    if dialects[0] == dialects[1] and not renamed:
        return ExpectedView(view, arriving, CARRIED)
    translation = translate_view(
        view,
        source_dialect=dialects[0],
        target_dialect=dialects[1],
        source_schema=source,
        target_schema=target,
        selection=run.selection,
    )
    if isinstance(translation, str) or translation.sql is None:
        reason = translation if isinstance(translation, str) else "no translation that keeps its meaning is known"
        return ExpectedView(view, None, MANUAL, reason.rstrip("."))
    notes = "; ".join(note.message.rstrip(".") for note in translation.notes if note.weight is not NoteWeight.INFO)
    return ExpectedView(view, replace(arriving, definition=translation.sql), TRANSLATED, notes)


def _by_dependency(views: Iterable[View]) -> list[View]:
    """Views after those that they depend on; a circle, which no engine allows, would end as it began."""
    waiting = {view.name: view for view in views}
    ordered: list[View] = []
    while waiting:
        ready = [view for view in waiting.values() if not any(name in waiting for name in view.depends_on)]
        for view in ready or list(waiting.values()):
            ordered.append(waiting.pop(view.name))
    return ordered


def view_findings(views: Iterable[ExpectedView]) -> list[Finding]:
    """A finding for each view that a person has to write."""
    return [
        Finding(
            Severity.WARNING,
            "view_manual",
            expected.source.name,
            f"The view is not created: {expected.reason}.",
            "write it for the target and name the file in steps.apply_schema.scripts; its source is in this report.",
        )
        for expected in views
        if expected.outcome == MANUAL
    ]


__all__ = ["CARRIED", "MANUAL", "TRANSLATED", "ExpectedView", "expected_views", "view_findings"]
