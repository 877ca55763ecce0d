"""Going back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Context

from database_migration.errors import ConnectionRefused, Interrupted, NotPossible
from database_migration.hooks.traffic import traffic_of
from database_migration.operators._run_states import states_of_run, task_of, unsuccessful
from database_migration.operators._step import FAILURE_KEY, FAILURE_LINES_KEY, StepOperator, run_id_of
from database_migration.steps.cutover import CutoverOptions
from database_migration.steps.rollback import FailedTask, FailureFacts, rollback
from database_migration.steps.run import MigrationRun

_GATES = ("ApprovalOperator", "GateOperator")
_NOT_APPROVED = "Not approved: it was rejected, or nobody answered in time; its Required Actions tab says who answered."

_NO_WORD = (
    "It left no word: its process was ended, or its worker was lost. Its log in Airflow tells until when it worked."
)


class RollbackOperator(StepOperator):
    """Abandons the migration before cutover, reverses it after; nothing that was written is lost either way.

    It goes by the spec with which the run was opened, even when the spec was edited since.

    :param cutover: ``steps.cutover`` of the spec, for its traffic switch.
    :param checkpoint: ``prepared``, ``copied`` or ``validated``: only take back what came after it and live on; None
        or empty: all the way.
    :param only_tables: source tables that alone go back, as a list or as names with commas between them; without a
        checkpoint they are taken out of the run.
    :param reason: why, for the report.
    :param only_after_failure: for a teardown: does nothing when every other task of the DAG run succeeded, or
        when the migration's current run is not this DAG run.
    :param options: ``steps.rollback`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "rollback"
    template_fields = (*StepOperator.template_fields, "checkpoint", "only_tables", "reason")

    def __init__(
        self,
        *,
        cutover: Mapping[str, Any] | None = None,
        checkpoint: str | None = None,
        only_tables: Sequence[str] | str = (),
        reason: str = "",
        only_after_failure: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cutover = dict(cutover or {})
        self.checkpoint = checkpoint
        self.only_tables = only_tables
        self.reason = reason
        self.only_after_failure = only_after_failure

    def work(self, context: Context) -> Any:
        """Look whether there is anything to go back from, and go."""
        bad = unsuccessful(states_of_run(context, apart_from=("verdict",))) if self.only_after_failure else {}
        if self.only_after_failure and not bad:
            self.log.info("Every task succeeded: there is nothing to roll back.")
            return None
        hook = self.migration_hook
        try:
            state = hook.state()
        except (Interrupted, ConnectionRefused) as error:
            # The ledger is out of reach with the target; the step knows what the source alone allows.
            self.log.warning("The ledger cannot be read: %s", error)
            return self._roll_back(hook.run(run_id_of(context)), context, bad)
        if self.only_after_failure and (state is None or state.run_id != run_id_of(context) or state.phase.is_over):
            self.log.info("This run is not (or no longer) the migration's current one: there is nothing to roll back.")
            return None
        if state is None:
            raise NotPossible(
                "no run of it was ever opened.", mend="there is nothing to roll back.", subject=self.migration
            )
        return self._roll_back(hook.run_as_opened(state), context, bad)

    def _roll_back(self, run: MigrationRun, context: Context, bad: Mapping[str, str | None]) -> Any:
        traffic = traffic_of(CutoverOptions.model_validate(self.cutover).traffic, run)
        facts = FailureFacts(tasks=self._failed_tasks(context, bad), reason=self.reason)
        tables = self.only_tables.split(",") if isinstance(self.only_tables, str) else self.only_tables
        report = rollback(
            run,
            self.options,
            traffic,
            checkpoint=self.checkpoint or None,
            tables=[name.strip() for name in tables if name.strip()],
            failure=facts,
        )
        return self.conclude(run, report)

    def _failed_tasks(self, context: Context, bad: Mapping[str, str | None]) -> tuple[FailedTask, ...]:
        known = context["dag"].task_ids
        gates = {task.task_id for task in context["dag"].tasks if task.task_type in _GATES}
        failed = []
        for name, state in sorted(bad.items()):
            task, index = task_of(name, known)
            lines: tuple[str, ...] = ()
            if state == "failed":
                lines = _last_words(context, task, index) or ((_NOT_APPROVED if task in gates else _NO_WORD),)
            failed.append(FailedTask(name, state or "never ran", lines))
        return tuple(failed)


def _last_words(context: Context, task: str, index: int) -> tuple[str, ...]:
    """What a failed task logged last, and at the end why it failed; empty where it could not tell."""
    ti: Any = context["ti"]
    logged, reason = (
        ti.xcom_pull(task_ids=task, key=key, map_indexes=index if index >= 0 else None)
        for key in (FAILURE_LINES_KEY, FAILURE_KEY)
    )
    if not isinstance(reason, str):
        return ()
    return (*(str(line) for line in logged or ()), reason)


__all__ = ["RollbackOperator"]
