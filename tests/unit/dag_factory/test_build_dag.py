"""The DAGs have the shape in which a rollback is right in every case."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.sdk import DAG, RetryAction
from airflow.sdk.exceptions import TaskDeferralTimeout
from pydantic import ValidationError

from migration_dag_factory import MigrationSpec, build_dags
from migration_dag_factory.draw import draw

GOLDEN = Path(__file__).parents[2] / "golden" / "dag_factory"


def dags_of(**more: Any) -> tuple[DAG, ...]:
    spec: dict[str, Any] = {"migration": "shop", "source": {"conn_id": "a"}, "target": {"conn_id": "b"}}
    return build_dags(MigrationSpec.model_validate(spec | more), Path("/project"))


@pytest.mark.parametrize("strategy", ["online", "offline"])
def test_the_trees_are_those_of_the_golden_files(strategy: str) -> None:
    drawn = "\n\n".join(
        draw(dag)
        for dag in dags_of(
            strategy=strategy, windows={"cutover": {"cron": "0 2 * * SUN", "duration": "PT2H", "timezone": "UTC"}}
        )
    )
    assert drawn + "\n" == (GOLDEN / f"{strategy}.txt").read_text(encoding="utf-8")


def test_rollback_and_verdict_are_teardowns_and_only_the_verdict_fails_the_run() -> None:
    dag = dags_of()[0]
    begin, rollback, verdict = (dag.get_task(name) for name in ("begin", "rollback", "verdict"))
    assert begin.is_setup
    assert begin.task_type == "EmptyOperator"
    assert rollback.is_teardown
    assert not rollback.on_failure_fail_dagrun
    assert verdict.is_teardown
    assert verdict.on_failure_fail_dagrun
    assert verdict.retries == 0
    assert verdict.upstream_task_ids == {"begin", "rollback", "soak.finalize"}
    assert rollback.upstream_task_ids == {"begin", "soak.finalize"}


def test_nothing_skips_the_teardowns_and_one_run_goes_at_a_time() -> None:
    for dag in dags_of():
        assert dag.dagrun_timeout is None
        assert dag.max_active_runs == 1
        assert not dag.catchup


def test_a_rejected_gate_fails_and_is_not_asked_again() -> None:
    gate = dags_of(gates={"cutover": {"assigned_users": ["dba"], "timeout": "PT4H", "on_timeout": "reject"}})[
        0
    ].get_task("gate_cutover")
    assert gate.fail_on_reject
    for answered in (HITLRejectException("Reject"), HITLTimeoutError("late"), TaskDeferralTimeout("late")):
        assert gate.retry_policy.evaluate(answered, 1, gate.retries).action is RetryAction.FAIL
    assert gate.assigned_users == [{"id": "dba", "name": "dba"}]
    assert gate.response_timeout == timedelta(hours=4)
    assert gate.defaults == ["Reject"]


def test_no_answer_in_time_fails_where_nothing_else_is_said() -> None:
    gate = dags_of(gates={"plan": {"timeout": "PT4H"}})[0].get_task("gate_plan")
    assert gate.defaults is None


def test_gates_are_only_those_that_are_named() -> None:
    dag = dags_of(gates=["plan"])[0]
    assert [task for task in dag.task_ids if task.startswith("gate_")] == ["gate_plan"]


def test_a_spec_s_data_reaches_the_operators_and_paths_are_the_project_s() -> None:
    dag = dags_of(
        tables={"exclude": ["cache_*"], "orders": {"rename": "sales_order"}},
        steps={
            "chunked_copy": {"lanes": 3},
            "translate_queries": {"queries": "include/queries"},
            "apply_schema": {"scripts": ["include/a.sql", "/elsewhere/b.sql"]},
        },
    )[0]
    copy = dag.get_task("execute.cut_chunks")
    assert copy.tables["orders"] == {"rename": "sales_order"}
    assert copy.options.lanes == 3
    assert dag.get_task("plan.translate_queries").options.queries == Path("/project/include/queries")
    assert dag.get_task("execute.apply_schema").options.scripts == ("/project/include/a.sql", "/elsewhere/b.sql")
    assert dag.get_task("plan.plan").options.lanes == 3
    hashes = {getattr(task, "spec_hash", None) for task in dag.tasks} - {None}
    assert len(hashes) == 1


def test_replication_runs_on_and_on_and_waits_first() -> None:
    dag = dags_of()[1]
    assert dag.schedule == "@continuous"
    assert [task.task_id for task in dag.topological_sort()] == ["wanted", "stint"]
    assert dag.is_paused_upon_creation is False


def test_a_watch_is_a_dag_of_its_own_where_it_is_wanted() -> None:
    names = [dag.dag_id for dag in dags_of(steps={"validate": {"watch": True}})]
    assert names == ["shop", "shop__replication", "shop__rollback", "shop__watch"]
    watch = dags_of(steps={"validate": {"watch": True, "watch_share": 0.1}})[3]
    assert [task.task_id for task in watch.tasks] == ["wanted", "stint"]
    assert watch.get_task("stint").part == "watch"
    assert "shop__watch" not in [dag.dag_id for dag in dags_of(strategy="offline", steps={"validate": {"watch": True}})]


def test_the_cutover_s_gate_knows_what_is_waived() -> None:
    dag = dags_of(steps={"validate": {"waive": {"orders/4711": "known"}}})[0]
    assert dag.get_task("gate_cutover").waive == {"orders/4711": "known"}
    assert dag.get_task("gate_plan").task_type == "ApprovalOperator"


def test_staging_divides_the_lanes_by_the_network_that_they_need() -> None:
    staging = {"url": "s3://store@bucket/shop", "unload": {"queue": "here"}, "load": {"queue": "there", "pool": "few"}}
    dag = dags_of(steps={"chunked_copy": {"lanes": 3, "staging": staging}})[0]
    unload, load = (dag.get_task(f"execute.{name}") for name in ("unload_chunks", "load_chunks"))
    assert not dag.has_task("execute.chunked_copy")
    assert [(lanes.queue, lanes.pool) for lanes in (unload, load)] == [("here", "default_pool"), ("there", "few")]
    for lanes in (unload, load):  # side by side
        assert lanes.upstream_task_ids == {"execute.cut_chunks"}
        assert "execute.finish_copy" in lanes.downstream_task_ids
    assert load.partial_kwargs["unload_task_id"] == unload.task_id
    assert dag.max_active_tasks >= 6


@pytest.mark.parametrize(
    ("chunked_copy", "told"),
    [
        ({"staging": {"url": "s3://key:secret@bucket/shop"}}, "credentials have no place"),
        ({"staging": {"url": "bucket/shop"}}, "is not the URL"),
        ({"staging": {"url": "file://"}}, "is not the URL"),
        ({"staging": {"url": "file:///store"}, "format": "binary"}, "without format"),
        ({"staging": {"url": "file:///store"}, "chunk_seconds": "PT5S"}, "without format"),
    ],
)
def test_staging_refuses_what_it_cannot_do(chunked_copy: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        dags_of(steps={"chunked_copy": chunked_copy})


def test_rehearsals_stand_before_the_plan_and_are_cleared_away_whatever_happens() -> None:
    dag = dags_of(strategy={"kind": "online", "rehearse": 2})[0]
    first, second, clear, plan = (
        dag.get_task(f"plan.{name}") for name in ("rehearse.try_1", "rehearse.try_2", "rehearse.clear", "plan")
    )
    assert first.upstream_task_ids == {"plan.translate_queries"}
    assert second.upstream_task_ids == {"plan.rehearse.try_1"}
    assert plan.upstream_task_ids == {"plan.rehearse.try_2"}
    assert clear.is_teardown
    assert not clear.on_failure_fail_dagrun
    assert clear.upstream_task_ids == {"begin", "plan.rehearse.try_2"}
    assert "plan.rehearse.try_2" in dag.get_task("gate_plan").body
    dags = dags_of(strategy={"kind": "online", "rehearse": 1})
    back = next(dag for dag in dags if dag.dag_id == "shop__rollback")
    assert back.get_task("rollback").upstream_task_ids == {"clear_rehearsal"}
    assert back.get_task("rollback").trigger_rule == "all_done"


def test_the_rollback_s_form_lists_the_checkpoints() -> None:
    params = next(dag for dag in dags_of() if dag.dag_id == "shop__rollback").params
    assert params.get_param("checkpoint").schema["enum"] == [None, "prepared", "copied", "validated"]
    assert params.get_param("tables").schema["type"] == ["null", "array"]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"strategy": {"kind": "offline", "rehearse": 1}}, "needs steps.rehearse.clone"),
        ({"steps": {"rehearse": {"clone": "a"}}}, "names a connection of the migration itself"),
        ({"steps": {"rehearse": {"writes": ["DELETE FROM t"]}}}, "need a clone"),
    ],
)
def test_a_rehearsal_that_would_reach_the_real_databases_is_refused(more: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        dags_of(**more)
