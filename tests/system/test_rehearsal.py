"""Under the real scheduler a migration is rehearsed twice before its plan's gate, and leaves nothing behind."""

from __future__ import annotations

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import MigrationProject

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def test_the_gate_says_how_the_rehearsals_went(airflow: AirflowServices, project: MigrationProject) -> None:
    source, target = project.source("rehearsed"), project.target("rehearsed")
    source.execute("CREATE TABLE reading (id int PRIMARY KEY, place varchar(40))")
    source.execute("INSERT INTO reading SELECT seq, concat('place ', seq) FROM seq_1_to_2000")
    project.write(project.spec("rehearsed", strategy={"kind": "online", "rehearse": 2}, gates=["plan"]))
    airflow.wait_for_dag("rehearsed")
    airflow.unpause("rehearsed")
    run = airflow.trigger("rehearsed")
    gate = airflow.wait_for_gate("rehearsed", run, "gate_plan", 400)
    assert "rehearsed: **twice, the same outcome**" in gate.body
    assert "estimated: nobody was held" in gate.body
    schemas = "SELECT count(*) FROM information_schema.schemata WHERE schema_name IN ('app', 'app__rehearsal')"
    assert target.execute(schemas)[0][0] == 0
    assert target.execute("SELECT migration FROM database_migration.migration") == [("rehearsed",)]
    airflow.answer_gate(gate, "Reject")
    assert airflow.wait_for_run("rehearsed", run, 200)["state"] == "failed"
    states = airflow.task_states("rehearsed", run)
    assert {states[f"plan.rehearse.{name}"] for name in ("try_1", "try_2", "clear")} == {"success"}
    assert states["rollback"] == "success"
