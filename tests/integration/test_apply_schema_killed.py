"""A process that applies the schema dies by SIGKILL in the middle of a stage; the next one finishes, nothing twice."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema, undo_objects
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare

TABLES = 25
SCHEMA = "\n".join(
    f"CREATE TABLE t{n} (id int PRIMARY KEY, parent int, a varchar(20), b varchar(20), CONSTRAINT a{n} CHECK (id > 0));"
    f"CREATE INDEX t{n}_a ON t{n} (a); CREATE INDEX t{n}_b ON t{n} (b, a);"
    f"ALTER TABLE t{n} ADD CONSTRAINT f{n} FOREIGN KEY (parent) REFERENCES t{max(n - 1, 0)} (id);"
    for n in range(TABLES)
)
CHILD = """
import pickle, sys
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
with open(sys.argv[1], "rb") as file:
    apply_schema(pickle.load(file), ApplySchemaOptions(parallel=3), Stage(sys.argv[2]))
"""


@pytest.mark.parametrize("target", ["postgres", "mariadb", "mysql"])
@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("after", [3, 17])
def test_killed_in_the_middle(
    make_run, request: pytest.FixtureRequest, tmp_path: Path, target: str, stage: Stage, after: int
) -> None:
    source = "postgres" if target != "postgres" else "mariadb"
    run: MigrationRun = make_run(request.getfixturevalue(source), request.getfixturevalue(target), SCHEMA)
    preflight(run, PreflightOptions())
    plan(run, PlanOptions(probe_rows=0))
    options = ApplySchemaOptions(parallel=3)
    if stage is Stage.KEYS:
        apply_schema(run, options, Stage.TABLES)
    made = killed_after(run, stage, tmp_path, after)
    again = [apply_schema(run, options, one) for one in list(Stage)[list(Stage).index(stage) :]]
    assert all(report.blockers == () for report in again)
    assert again[0].summary["created by an earlier try"] >= made
    assert schema_compare(run, SchemaCompareOptions()).data["differences"] == []
    assert schema_compare(run, SchemaCompareOptions()).data["to_create"] == []
    assert all(line.seconds > 0 for line in lines(run))
    with run.current_ledger() as ledger:
        undo_objects(run, ledger, ledger.session)
    assert run.target.read_schema().tables == ()


def killed_after(run: MigrationRun, stage: Stage, folder: Path, number: int) -> int:
    """Kills a process of its own once it has made so many objects; how many it had made."""
    file = folder / "run.pickle"
    file.write_bytes(pickle.dumps(run))
    before = len(lines(run))
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", CHILD, str(file), stage.value]) as child:
        deadline = time.monotonic() + 60
        while (made := len(lines(run)) - before) < number:
            assert child.poll() is None, "it was done before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert child.returncode == -signal.SIGKILL
    return made


def lines(run: MigrationRun):
    with run.current_ledger() as ledger:
        return [line for line in ledger.objects.all() if line.made]
