"""The Airflow that system tests and the demo stand on really schedules, asks and answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.airflow_services import AirflowServices
from fixtures.servers import PostgresServer

pytestmark = pytest.mark.system

DAG = """
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import BaseHook, dag, task

@dag(schedule=None)
def trial():
    @task
    def look():
        print("the host is", BaseHook.get_connection("somewhere").host)

    gate = ApprovalOperator(task_id="gate", subject="Go on?", fail_on_reject=True, retries=0)

    @task
    def after():
        return 42

    look() >> gate >> after()

trial()
"""


@pytest.fixture(scope="module")
def airflow(postgres: PostgresServer, servers_folder: Path) -> Iterator[AirflowServices]:
    dags = servers_folder / "trial_dags"
    dags.mkdir()
    (dags / "trial.py").write_text(DAG)
    (dags / "broken.py").write_text("import airflow\nraise ValueError('this dag is broken')")
    with AirflowServices(
        servers_folder / "airflow",
        dags=dags,
        metadata=postgres.create_database("airflow"),
        connections={"somewhere": "postgres://user:secret@db.example:5432/shop"},
        users={"admin": ("admin", "admin's own"), "reader": ("viewer", "reader's own")},
    ) as services:
        yield services


def test_a_run_waits_at_its_gate_and_goes_on_when_approved(airflow: AirflowServices) -> None:
    airflow.wait_for_dag("trial")
    airflow.unpause("trial")
    run = airflow.trigger("trial")
    gate = airflow.wait_for_gate("trial", run, "gate")
    assert gate.subject == "Go on?"
    assert airflow.task_states("trial", run)["after"] is None
    airflow.answer_gate(gate, "Approve")
    assert airflow.wait_for_run("trial", run)["state"] == "success", airflow.task_states("trial", run)
    assert "the host is db.example" in airflow.task_log("trial", run, "look")


def test_a_rejected_gate_fails_the_run(airflow: AirflowServices) -> None:
    airflow.wait_for_dag("trial")
    airflow.unpause("trial")
    run = airflow.trigger("trial")
    assert airflow.wait_for_run("trial", run, answer="Reject")["state"] == "failed"


def test_a_viewer_may_not_answer(airflow: AirflowServices) -> None:
    airflow.wait_for_dag("trial")
    airflow.unpause("trial")
    run = airflow.trigger("trial")
    gate = airflow.wait_for_gate("trial", run, "gate")
    with pytest.raises(RuntimeError, match="answered 403"):
        airflow.answer_gate(gate, "Approve", user="reader")
    airflow.answer_gate(gate, "Reject")
    airflow.wait_for_run("trial", run)


def test_import_errors_are_told(airflow: AirflowServices) -> None:
    airflow.wait_for_dag("trial")
    (trace,) = airflow.import_errors().values()
    assert "this dag is broken" in trace
