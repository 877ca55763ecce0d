"""What may happen and what to do about it: the same table in every rollback report."""

from __future__ import annotations

from database_migration.model.report import ReportTable

PLAYBOOK = ReportTable(
    "Rollback playbook",
    ("situation", "what the rollback does", "what a person does"),
    (
        (
            "before cutover (phases plan, prepare, execute)",
            "abandons: stops capture, drops what the run created on the target; the application notices nothing",
            "mends what failed and triggers a new run",
        ),
        (
            "during cutover, before the switch",
            "takes the moves back in reverse order: triggers, fence, held writes, reads; then abandons",
            "nothing at once: the cutover does this by itself when it fails or writers wait too long",
        ),
        (
            "after the switch, before finalize",
            "holds writes, fences the target, drains reverse replication, compares, opens the source, switches back",
            "opens no new connections to the target; mends and triggers a new run",
        ),
        (
            "sides differ while going back",
            "gives up: the target goes on serving, reverse replication goes on",
            "runs validate, mends the rows on the source, triggers the rollback again",
        ),
        (
            "target down before it ever served",
            "opens the source and leads traffic there; finishes once the target answers",
            "brings the target back, clears the task",
        ),
        (
            "target down while it serves",
            "keeps the source fenced: the target's last writes are nowhere else",
            "brings the target back, or decides about those writes",
        ),
        (
            "after finalize",
            "refuses: the source is no longer kept",
            "migrates back, from the target to the source's server, as a migration of its own",
        ),
    ),
)

__all__ = ["PLAYBOOK"]
