"""Chinook moves through a folder by lanes of two queues, under a real scheduler and triggerer."""

from __future__ import annotations

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import MigrationProject, require_success
from system.test_full_migration import counts

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]


def test_lanes_of_either_side_bring_every_row(airflow: AirflowServices, project: MigrationProject) -> None:
    store = project.folder / "store"
    spec = project.spec("staged", strategy="offline", gates=[])
    spec["steps"]["chunked_copy"] = {
        "lanes": 2,
        "chunk_rows": 1000,
        "staging": {"url": f"file://{store}", "unload": {"queue": "near_source"}, "load": {"queue": "near_target"}},
    }
    project.write(spec)
    airflow.wait_for_dag("staged")
    airflow.unpause("staged")
    run = airflow.trigger("staged")
    require_success(airflow, "staged", run, airflow.wait_for_run("staged", run, 400)["state"])
    lanes = {
        f"{task['task_id']}[{task['map_index']}]": task["queue"]
        for task in airflow.task_instances("staged", run)
        if task["task_id"].endswith(("load_chunks", "unload_chunks"))
    }
    assert lanes == {
        f"execute.{side}_chunks[{lane}]": queue
        for side, queue in (("unload", "near_source"), ("load", "near_target"))
        for lane in (0, 1)
    }
    assert counts(project.target("staged"), '"', "app") == counts(project.source("staged"), "`", "staged")
    assert [path for path in store.rglob("*") if path.is_file()] == []
    assert "Unload lanes" in next(project.reports.glob("staged/*/chunked_copy.md")).read_text()
