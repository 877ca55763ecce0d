"""Whatever goes wrong, the source serves in the end, and nothing that was rolled back can be revived."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import MigrationProject
from system.shopper import Shopper

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

WAITING = ("rejected", "edited", "by_hand")


def state_of(project: MigrationProject, name: str) -> tuple[Any, ...]:
    """(phase, serving, epoch) in the ledger."""
    return project.target(name).execute("SELECT phase, serving, epoch FROM database_migration.migration")[0]


def tables_left(project: MigrationProject, name: str) -> int:
    """Tables of the migration's schema on the target."""
    return project.target(name).execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'app'")[0][
        0
    ]


@pytest.fixture(scope="module")
def runs(airflow: AirflowServices, project: MigrationProject) -> dict[str, str]:
    """Three offline migrations that wait at their cutover's gate: name → run."""
    for name in WAITING:
        project.write(project.spec(name, strategy="offline"))
    runs = {}
    for name in WAITING:
        airflow.wait_for_dag(name)
        airflow.unpause(name)
        runs[name] = airflow.trigger(name)
    for name, run_id in runs.items():
        airflow.wait_for_gate(name, run_id, "gate_cutover", 500)
    return runs


def test_a_rejected_gate_rolls_back_and_a_click_does_not_revive_the_run(
    airflow: AirflowServices, project: MigrationProject, runs: dict[str, str]
) -> None:
    run = runs["rejected"]
    assert tables_left(project, "rejected") == 11
    airflow.answer_gate(airflow.wait_for_gate("rejected", run, "gate_cutover"), "Reject")
    assert airflow.wait_for_run("rejected", run, 200)["state"] == "failed"
    states = airflow.task_states("rejected", run)
    assert (states["gate_cutover"], states["rollback"], states["verdict"]) == ("failed", "success", "failed")
    assert state_of(project, "rejected") == ("rolled_back", "source", 2)
    assert tables_left(project, "rejected") == 0

    # Marking the gate "success" makes Airflow run what comes after it: the cutover.
    airflow.set_task_state("rejected", run, "gate_cutover", "success")

    def cutover_refused() -> bool:
        return airflow.task_states("rejected", run)["cutover.cutover"] == "failed"

    airflow.wait_until(cutover_refused, "refusal of the cutover", 120)
    log = airflow.task_log("rejected", run, "cutover.cutover")
    assert "EpochPassed" in log
    assert "start a new run" in log
    assert airflow.wait_for_run("rejected", run, 120)["state"] == "failed"
    assert state_of(project, "rejected") == ("rolled_back", "source", 2)


def test_a_spec_edited_in_flight_is_refused_and_rolled_back_by_the_old_one(
    airflow: AirflowServices, project: MigrationProject, runs: dict[str, str]
) -> None:
    run = runs["edited"]
    spec = project.spec("edited", strategy="offline")
    project.write(spec | {"tables": {"exclude": ["Track", "PlaylistTrack", "InvoiceLine"]}})
    airflow.answer_gate(airflow.wait_for_gate("edited", run, "gate_cutover"), "Approve")
    assert airflow.wait_for_run("edited", run, 200)["state"] == "failed"
    log = airflow.task_log("edited", run, "gate_cutover")
    assert "the spec was edited while run" in log
    assert "put the spec back as it was" in log
    assert airflow.task_states("edited", run)["rollback"] == "success"
    assert state_of(project, "edited") == ("rolled_back", "source", 2)
    assert tables_left(project, "edited") == 0


def test_by_hand_the_rollback_dag_ends_a_run_that_waits(
    airflow: AirflowServices, project: MigrationProject, runs: dict[str, str]
) -> None:
    keys = "SELECT count(*) FROM information_schema.table_constraints WHERE constraint_type = 'FOREIGN KEY'"
    assert project.target("by_hand").execute(keys)[0][0] > 0
    some_way = airflow.trigger("by_hand__rollback", conf={"checkpoint": "copied", "reason": "an index was missing"})
    assert airflow.wait_for_run("by_hand__rollback", some_way, 200)["state"] == "success"
    assert project.target("by_hand").execute(keys)[0][0] == 0
    assert state_of(project, "by_hand")[2] == 1
    assert tables_left(project, "by_hand") == 11
    by_hand = airflow.trigger("by_hand__rollback", conf={"reason": "the marketing campaign starts"})
    assert airflow.wait_for_run("by_hand__rollback", by_hand, 200)["state"] == "success"
    assert state_of(project, "by_hand") == ("rolled_back", "source", 2)
    (report,) = project.reports.glob("by_hand/*/rollback.json")
    assert "the marketing campaign starts" in report.read_text()
    run = runs["by_hand"]
    airflow.answer_gate(airflow.wait_for_gate("by_hand", run, "gate_cutover"), "Approve")
    assert airflow.wait_for_run("by_hand", run, 200)["state"] == "failed"
    assert "EpochPassed" in airflow.task_log("by_hand", run, "gate_cutover")
    assert "there is nothing to roll back" in airflow.task_log("by_hand", run, "rollback")


def test_a_failure_after_the_cutover_leads_back_with_every_write(
    airflow: AirflowServices, project: MigrationProject
) -> None:
    spec = project.spec("failing", gates=[])
    spec["steps"]["cutover"]["verify"] = [{"name": "cannot be", "sql": "SELECT 1", "expect": 2}]
    project.write(spec)
    airflow.wait_for_dag("failing")
    airflow.unpause("failing")
    with Shopper(project, "failing").at_work() as shopper:
        run = airflow.trigger("failing")
        assert airflow.wait_for_run("failing", run, 500)["state"] == "failed"
        states = airflow.task_states("failing", run)
        assert (states["cutover.cutover"], states["rollback"], states["soak.finalize"]) == (
            "failed", "success", "upstream_failed",
        )  # fmt: skip
        before = len(shopper.accepted["source"])
        airflow.wait_until(lambda: len(shopper.accepted["source"]) > before + 10, "writes on the source again", 60)
    kept = {
        number for (number,) in project.source("failing").execute("SELECT ArtistId FROM Artist WHERE ArtistId >= 1000")
    }
    assert shopper.accepted["target"], "nothing was ever written on the target: the test proves nothing"
    assert kept == shopper.all_accepted()
    assert state_of(project, "failing")[:2] == ("rolled_back", "source")
    (report,) = project.reports.glob("failing/*/rollback.json")
    (lines,) = [script["text"] for script in json.loads(report.read_text())["scripts"]]
    assert "the target says 1" in lines.splitlines()[-1]
    assert "password" not in lines
