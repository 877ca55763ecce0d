"""Chinook moves from MariaDB to PostgreSQL through a real scheduler, offline and under way."""

from __future__ import annotations

import pytest

from fixtures.airflow_services import AirflowServices
from fixtures.servers import Database
from system.migration_project import MigrationProject, require_success
from system.shopper import Shopper

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

TABLES = ("Album", "Artist", "Customer", "Employee", "Genre", "Invoice", "InvoiceLine", "MediaType", "Playlist",
          "PlaylistTrack", "Track")  # fmt: skip


def counts(database: Database, quote: str, schema: str) -> dict[str, int]:
    """Rows per table."""
    prefix = f"{quote}{schema}{quote}."
    return {table: database.execute(f"SELECT count(*) FROM {prefix}{quote}{table}{quote}")[0][0] for table in TABLES}


def test_offline_every_row_arrives_and_every_step_files_its_report(
    airflow: AirflowServices, project: MigrationProject, offline_run: str
) -> None:
    states = airflow.task_states("offline", offline_run)
    assert set(states.values()) == {"success"}
    assert {"execute.chunked_copy[0]", "execute.chunked_copy[1]", "rollback", "verdict"} <= set(states)
    assert counts(project.target("offline"), '"', "app") == counts(project.source("offline"), "`", "offline")
    (row,) = project.target("offline").execute("SELECT phase, serving FROM database_migration.migration")
    assert row == ("finalized", "target")
    filed = {path.name for path in project.reports.glob("offline/*/*.html")}
    assert filed >= {
        "preflight.html", "schema_compare.html", "translate_queries.html", "plan.html", "apply_schema.tables.html",
        "chunked_copy.html", "apply_schema.keys.html", "validate.html", "dual_read.html", "cutover.html",
        "finalize.html", "index.html",
    }  # fmt: skip


@pytest.mark.usefixtures("offline_run")
def test_a_finalized_migration_is_not_begun_anew(airflow: AirflowServices) -> None:
    run = airflow.trigger("offline")
    assert airflow.wait_for_run("offline", run, 200)["state"] == "failed"
    told = airflow.task_log("offline", run, "plan.preflight")
    assert "finalized this migration" in told
    assert "give the new migration a name of its own" in told
    assert airflow.task_states("offline", run)["rollback"] == "success"
    assert "there is nothing to roll back" in airflow.task_log("offline", run, "rollback")


def test_online_nothing_that_was_accepted_is_lost(airflow: AirflowServices, project: MigrationProject) -> None:
    project.write(
        project.spec("online", gates={"cutover": {"assigned_users": ["dba"], "timeout": "PT10M"}, "finalize": {}})
    )
    airflow.wait_for_dag("online")
    airflow.unpause("online")
    with Shopper(project, "online").at_work() as shopper:
        run = airflow.trigger("online")
        gate = airflow.wait_for_gate("online", run, "gate_cutover", 400)
        with pytest.raises(RuntimeError, match="answered 403"):
            airflow.answer_gate(gate, "Approve")
        airflow.answer_gate(gate, "Approve", user="dba")
        last = airflow.wait_for_gate("online", run, "gate_finalize", 300)
        airflow.wait_until(lambda: len(shopper.accepted["target"]) > 20, "writes on the target", 60)
        airflow.answer_gate(last, "Approve")
        require_success(airflow, "online", run, airflow.wait_for_run("online", run, 200)["state"])
    arrived = {
        number
        for (number,) in project.target("online").execute(
            'SELECT "ArtistId" FROM app."Artist" WHERE "ArtistId" >= 1000'
        )
    }
    assert len(shopper.accepted["source"]) > 20
    assert arrived == shopper.all_accepted()
    body = airflow.call("GET", f"/dags/online/dagRuns/{run}/taskInstances/gate_cutover/-1/hitlDetails")["body"]
    assert "**[Validation](" in body
    assert "rows differing: **0**" in body
    assert '"approved_by": "dba"' in next(project.reports.glob("online/*/cutover.json")).read_text()
    assert '"signed_off_by": "dba"' in next(project.reports.glob("online/*/validate.json")).read_text()
