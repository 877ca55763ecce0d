"""The questions between the phases: Airflow's own approvals, with what the steps before them found."""

from __future__ import annotations

from functools import partial
from importlib.resources import files

from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import TaskDeferralTimeout
from airflow.sdk.execution_time.hitl import HITLUser

from database_migration.links import below_base_url, page_path
from database_migration.operators.gate import GateOperator
from migration_dag_factory.phases import keywords
from migration_dag_factory.spec import GateSpec, MigrationSpec

_QUESTIONS = 10
_SUBJECTS = {
    "plan": "Create {migration}'s tables on the target and copy the data?",
    "cutover": "Lead the application of {migration} over to the target?",
    "finalize": "Finalize {migration}? There is no way back afterwards.",
}
#: (task, name of its report, what it is called) whose outcomes each gate shows.
_SHOWN = {
    "plan": (
        ("plan.plan", "plan", "Execution plan"),
        ("plan.preflight", "preflight", "Preflight"),
        ("plan.schema_compare", "schema_compare", "Schema comparison"),
        ("plan.translate_queries", "translate_queries", "Query translation"),
    ),
    "cutover": (
        ("execute.finish_copy", "chunked_copy", "Copy"),
        ("execute.catch_up", "replicate.caught_up", "Catch-up"),
        ("execute.validate", "validate", "Validation"),
        ("execute.dual_read", "dual_read", "Dual read"),
    ),
    "finalize": (("cutover.cutover", "cutover", "Cutover"),),
}
_REJECTED = {
    "plan": "the run ends; nothing was created.",
    "cutover": "what was created on the target is removed again; the source keeps serving.",
    "finalize": "the application is led back to the source, with everything written in the meantime.",
}


def gate(spec: MigrationSpec, name: str) -> ApprovalOperator | None:
    """The question of this name, or None where the spec asks for none.

    Rejecting fails the task at once, so that the rollback runs, and so does a timeout. What else fails it is asked
    anew: Airflow kills a task that is answered before its scheduler has heard that the asking process ended, which
    on a busy machine takes longer than a quick answer.
    """
    asked: GateSpec | None = getattr(spec.gates, name)
    if asked is None:
        return None
    defaults = {"approve": [ApprovalOperator.APPROVE], "reject": [ApprovalOperator.REJECT]}
    made = partial(GateOperator, waive=spec.steps.validate_.waive, **keywords(spec))
    return (made if name == "cutover" else ApprovalOperator)(
        task_id=f"gate_{name}",
        subject=_SUBJECTS[name].format(migration=spec.migration),
        body=_body(spec, name),
        assigned_users=[HITLUser(id=user, name=user) for user in asked.assigned_users] or None,
        response_timeout=asked.timeout,
        defaults=defaults.get(asked.on_timeout) if asked.timeout else None,
        fail_on_reject=True,
        retries=_QUESTIONS - 1,
        retry_policy=ExceptionRetryPolicy(
            rules=[
                RetryRule(
                    exception=[HITLRejectException, HITLTimeoutError, TaskDeferralTimeout], action=RetryAction.FAIL
                )
            ]
        ),
    )


def _shown(spec: MigrationSpec, name: str) -> tuple[tuple[str, str, str], ...]:
    """The last rehearsal's report holds them all, and stands right behind the plan's."""
    first, *others = _SHOWN[name]
    tries = spec.strategy.rehearse if name == "plan" else 0
    rehearsals = [(f"plan.rehearse.try_{tries}", f"rehearse.{tries}", "Rehearsal")] if tries else []
    return (first, *rehearsals, *others)


def _body(spec: MigrationSpec, name: str) -> str:
    """A Jinja template in Markdown, filled in by Airflow when the gate is reached."""
    text = files(__package__).joinpath("gate.md.j2").read_text(encoding="utf-8")
    return (
        text.replace("__SHOWN__", repr(_shown(spec, name)))
        .replace("__REJECTED__", _REJECTED[name])
        .replace("__PAGE__", below_base_url(page_path(spec.migration)))
    )


__all__ = ["gate"]
