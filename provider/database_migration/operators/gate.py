"""The question before the cutover, which is about what validation found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from database_migration.hooks.keywords import MigrationKeywords
from database_migration.operators._step import airflow_errors, run_id_of
from database_migration.steps.validate import Waivers, open_findings, sign_off

_TOLD = 5


class GateOperator(MigrationKeywords, ApprovalOperator):
    """Airflow's approval; who gives it signs the validation report, and cannot as long as the watch has findings.

    An approval that is refused fails the try, so that the next one asks again.

    :param waive: what ``steps.validate.waive`` says; the other keywords are those of every step's operator and of
        ``ApprovalOperator``.
    """

    template_fields = (*ApprovalOperator.template_fields, *MigrationKeywords.template_fields)

    def __init__(self, *, waive: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.waive = dict(waive or {})

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer."""
        answer = super().execute_complete(context, event)
        if answer["chosen_options"] == [self.APPROVE]:
            with airflow_errors():
                self._approved(context, answer)
        return answer

    def _approved(self, context: Context, answer: Mapping[str, Any]) -> None:
        run = self.migration_hook.run(run_id_of(context))
        waivers = Waivers(self.waive)
        with run.current_ledger() as ledger:
            rows = open_findings(ledger, waivers)
        if rows:
            told = "; ".join(f"{row.table} ({', '.join(row.columns) or row.kind})" for row in rows[:_TOLD])
            raise AirflowException(
                f"{len(rows)} rows differ although replication has passed them: {told}. What to do: repair them"
                " (validate with repair: true) or name them under steps.validate.waive; the gate asks again."
            )
        if sign_off(run, name_of_answerer(answer), answer["responded_at"], waivers):
            self.log.info("The validation report is signed.")


def name_of_answerer(answer: object) -> str:
    """Who answered a gate, out of its result; empty where nobody did."""
    user = answer.get("responded_by_user") if isinstance(answer, Mapping) else None
    if isinstance(user, Mapping):
        return str(user.get("name") or user.get("id") or "")
    return str(user or "")


__all__ = ["GateOperator", "name_of_answerer"]
