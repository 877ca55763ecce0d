"""The user's triggers on the target that waited for the cutover, because they would have fired on replicated rows."""

from __future__ import annotations

from database_migration.steps.apply_schema import waiting_triggers
from database_migration.steps.cutover.scene import Scene


def create_waiting_triggers(scene: Scene) -> int:
    """Create those that are missing; nothing may be replicated to the target any more. How many had waited."""
    waiting = waiting_triggers(scene.ledger)
    if waiting:
        with scene.run.target.connect("triggers") as session:
            scene.run.target.engine.triggers.put_back(session, scene.run.target.schema, waiting)
    return len(waiting)


def drop_waiting_triggers(scene: Scene) -> None:
    """Take them down again: the source's changes are to be applied further."""
    waiting = waiting_triggers(scene.ledger)
    if waiting:
        with scene.run.target.connect("triggers") as session:
            scene.run.target.engine.triggers.take_down(session, scene.run.target.schema, waiting)


__all__ = ["create_waiting_triggers", "drop_waiting_triggers"]
