"""The example DAGs do what they show when somebody triggers them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.airflow_services import AirflowServices
from system.migration_project import PROJECT, MigrationProject, require_success

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

#: Each takes back what it created but the last. The whole migration waits for a Sunday and is not among them.
EXAMPLES = (
    "preflight", "schema_compare", "translate_queries", "plan", "apply_schema", "chunked_copy", "replicate", "validate",
    "rehearse", "dual_read", "cutover", "rollback", "finalize",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def examples(airflow: AirflowServices, project: MigrationProject) -> Iterator[None]:
    """The files in the dags folder, for as long as they are needed: parsing them costs the others time."""
    copies = [Path(shutil.copy(PROJECT / "dags" / f"example_{name}.py", project.dags)) for name in EXAMPLES]
    for name in EXAMPLES:
        airflow.wait_for_dag(f"example_{name}", 180)
        airflow.unpause(f"example_{name}")
    yield
    for copy in copies:
        copy.unlink()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_goes_through(airflow: AirflowServices, name: str) -> None:
    run = airflow.trigger(f"example_{name}")
    require_success(airflow, f"example_{name}", run, airflow.wait_for_run(f"example_{name}", run, 300)["state"])
    states = airflow.task_states(f"example_{name}", run)
    assert set(states.values()) == {"success"}, states
