"""Whether the DAG run was good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from database_migration.operators._run_states import culprits, states_of_run, unsuccessful


class VerdictOperator(BaseOperator):
    """Fails unless every other task succeeded, so that a rolled-back run does not end green.

    To be set as teardown with ``on_failure_fail_dagrun=True`` and ``retries=0``, after the rollback and the
    last task of the work.

    :param rollback_task_ids: teardowns that do not count by themselves.
    """

    def __init__(self, *, rollback_task_ids: Sequence[str] = ("rollback",), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rollback_task_ids = tuple(rollback_task_ids)

    def execute(self, context: Context) -> None:
        """Look, and raise."""
        states = states_of_run(context, apart_from=())
        bad = unsuccessful(states)
        if not bad:
            return
        by_themselves = [task for task in culprits(bad, context["dag"].task_ids) if task not in self.rollback_task_ids]
        if any(task in bad for task in self.rollback_task_ids):
            outcome = "The rollback did NOT complete: clear it once its reason is mended"
        else:
            outcome = "The rollback is done"
        raise AirflowFailException(
            f"{len(bad)} tasks did not succeed; failed: {', '.join(by_themselves) or 'none by itself'}. {outcome},"
            " then start a new run: nothing of this one can be revived."
        )


__all__ = ["VerdictOperator"]
