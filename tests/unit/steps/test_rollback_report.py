"""The rollback's report names what failed, not all that could not begin because of it."""

from __future__ import annotations

from database_migration.steps.rollback.failure import FailedTask, FailureFacts
from database_migration.steps.rollback.report import _analysis


def test_what_failed_is_told_and_the_rest_is_counted() -> None:
    waited = tuple(FailedTask(name, "upstream_failed") for name in ("cutover.cutover", "execute.validate"))
    (table,) = _analysis(FailureFacts((*waited, FailedTask("gate_plan", "failed", ("rejected",)))))
    assert table.rows == (("gate_plan", "failed", "rejected"),)
    assert table.note == "Failed by itself: gate_plan. Not begun because of that, or not finished: 2 tasks."


def test_without_a_culprit_everything_is_told() -> None:
    """A person marked the run failed."""
    (table,) = _analysis(FailureFacts((FailedTask("execute.validate", "never ran"),)))
    assert table.rows == (("execute.validate", "never ran", ""),)
    assert table.note == "Failed by itself: no task by itself."


def test_nothing_is_said_of_no_failure() -> None:
    assert _analysis(FailureFacts()) == []
    assert _analysis(None) == []
