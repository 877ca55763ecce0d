"""A lane killed in the middle of a chunk costs that chunk's time, and not a row."""

from __future__ import annotations

import os
import signal

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import MigrationProject, require_success

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

ROWS = 400_000


def test_a_killed_lane_resumes_without_a_row_lost_or_doubled(
    airflow: AirflowServices, project: MigrationProject
) -> None:
    source, target = project.source("killed"), project.target("killed")
    source.execute("CREATE TABLE reading (id int PRIMARY KEY, place varchar(40), value decimal(12,4))")
    source.execute(f"INSERT INTO reading SELECT seq, concat('place ', seq MOD 977), seq / 7 FROM seq_1_to_{ROWS}")
    spec = project.spec("killed", strategy="offline", gates=[])
    spec["steps"]["chunked_copy"] = {"lanes": 1, "chunk_rows": ROWS // 2}
    project.write(spec)
    airflow.wait_for_dag("killed")
    airflow.unpause("killed")
    run = airflow.trigger("killed")

    def pid_in_mid_chunk() -> int | None:
        loading = target.execute(
            "SELECT count(*) FROM pg_stat_progress_copy WHERE tuples_processed > 0 AND datname = current_database()"
        )[0][0]
        lanes = [t for t in airflow.task_instances("killed", run) if t["task_id"] == "execute.chunked_copy"]
        return next((lane["pid"] for lane in lanes if lane["pid"]), None) if loading else None

    os.kill(airflow.wait_until(pid_in_mid_chunk, "chunk under way", 240), signal.SIGKILL)
    require_success(airflow, "killed", run, airflow.wait_for_run("killed", run, 240)["state"])
    (lane,) = (t for t in airflow.task_instances("killed", run) if t["task_id"] == "execute.chunked_copy")
    assert lane["try_number"] == 2
    assert target.execute("SELECT count(*), count(DISTINCT id), sum(value) FROM app.reading") == source.execute(
        "SELECT count(*), count(DISTINCT id), sum(value) FROM reading"
    )
