"""What is wrong with a spec shows in Airflow, and harms no other."""

from __future__ import annotations

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import MigrationProject

pytestmark = pytest.mark.system

SPEC = "migration: {name}\nsource: {{conn_id: nowhere}}\ntarget: {{conn_id: elsewhere}}\n"


def error_of(airflow: AirflowServices, filename: str) -> str:
    """The import error under a spec's path, once the dag processor has looked."""
    found = airflow.wait_until(
        lambda: next((text for path, text in airflow.import_errors().items() if path.endswith(filename)), None),
        f"import error of {filename}",
        60,
    )
    return str(found)


@pytest.mark.usefixtures("offline_run")
def test_a_bad_spec_is_an_import_error_and_the_others_go_on(
    airflow: AirflowServices, project: MigrationProject
) -> None:
    path = project.specs / "bad.yaml"
    path.write_text(SPEC.format(name="bad") + "steps:\n  chunked_copy: {lane: 4}\n")
    text = error_of(airflow, "bad.yaml")
    assert "bad.yaml:5: unknown key 'lane' in steps.chunked_copy, did you mean 'lanes'?" in text
    assert len(airflow.import_errors()) == 1
    good = airflow.call("GET", "/dags/offline")
    assert not good["is_stale"]
    assert not good["has_import_errors"]

    path.write_text(SPEC.format(name="bad"))
    airflow.wait_for_dag("bad")
    airflow.wait_until(lambda: not airflow.import_errors(), "end of the import error", 60)
    path.unlink()


@pytest.mark.usefixtures("offline_run")
def test_two_migrations_with_one_name_are_told_with_both_files(
    airflow: AirflowServices, project: MigrationProject
) -> None:
    files = [project.specs / f"twin_{number}.yaml" for number in (1, 2)]
    for path in files:
        path.write_text(SPEC.format(name="twins"))
    assert "twin_2.yaml:1" in error_of(airflow, "twin_1.yaml")
    assert "twin_1.yaml:1" in error_of(airflow, "twin_2.yaml")
    for path in files:
        path.unlink()
    airflow.wait_until(lambda: not airflow.import_errors(), "end of the import errors", 60)


def test_a_missing_connection_is_told_with_the_command_that_adds_it(
    airflow: AirflowServices, project: MigrationProject
) -> None:
    path = project.specs / "nowhere.yaml"
    path.write_text(SPEC.format(name="nowhere") + "gates: []\nstrategy: offline\n")
    airflow.wait_for_dag("nowhere")
    airflow.unpause("nowhere")
    run = airflow.trigger("nowhere")
    assert airflow.wait_for_run("nowhere", run, 200)["state"] == "failed"
    log = airflow.task_log("nowhere", run, "plan.preflight")
    assert "connection nowhere: there is no such connection" in log
    assert "airflow connections add nowhere --conn-type" in log
    states = airflow.task_states("nowhere", run)
    assert (states["plan.preflight"], states["prepare.apply_schema"]) == ("failed", "upstream_failed")
    path.unlink()
