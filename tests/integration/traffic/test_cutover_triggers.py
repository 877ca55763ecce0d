"""The user's triggers on a MySQL target come to life at the cutover, and not a row before it."""

from __future__ import annotations

import pytest

from database_migration.errors import Interrupted
from database_migration.model.migration_state import Side
from database_migration.model.report import Verdict
from database_migration.steps.cutover import cutover
from database_migration.steps.run import MigrationRun
from database_migration.traffic import SqlTraffic
from integration.conftest import MakeRun
from integration.traffic.application import TABLES, fill, make_ready, replication, settled
from integration.traffic.test_cutover import options


@pytest.fixture(params=[("mariadb", "mysql"), ("mysql", "mariadb")], ids="-".join)
def ready(request: pytest.FixtureRequest, make_run: MakeRun):
    run = make_run(*(request.getfixturevalue(name) for name in request.param), TABLES["mysql"])
    fill(run.source)
    make_ready(run)
    yield run
    for side in Side:
        run.database(side).change_log.stop(run.log_name)


def count(run: MigrationRun, side: Side, table: str) -> int:
    with run.database(side).connect("test") as session:
        return int(str(session.execute(f"SELECT count(*) FROM {table}")[0][0]))


def triggers(run: MigrationRun, side: Side) -> set[str]:
    return {code.name for code in run.database(side).read_schema().code if code.kind == "trigger"}


def insert(run: MigrationRun, side: Side, first: int) -> None:
    with run.database(side).connect("application") as session:
        for seq in range(first, first + 20):
            session.execute("INSERT INTO entry VALUES (7, %s, 'x')", (seq,))


def test_triggers_move_with_the_writers(ready: MigrationRun, traffic: SqlTraffic) -> None:
    """``audited`` writes a line for each entry, on whichever side it is written, and never for an applied one."""
    assert triggers(ready, Side.TARGET) == set()
    with replication(ready):
        insert(ready, Side.SOURCE, 1000)
        report = cutover(ready, options(), traffic)
        assert report.verdict is Verdict.PASSED, report.findings
        assert triggers(ready, Side.TARGET) == {"audited"}
        assert triggers(ready, Side.SOURCE) == set(), "held while reverse replication writes there"
        insert(ready, Side.TARGET, 2000)
        settled(ready)
    for side in Side:
        assert count(ready, side, "audit") == count(ready, side, "entry") == 340


def test_a_cutover_that_is_undone_takes_them_down_again(
    ready: MigrationRun, traffic: SqlTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        assert triggers(ready, Side.TARGET) == {"audited"}
        raise Interrupted("the probe fails.", mend="nothing, it is a test.")

    monkeypatch.setattr("database_migration.steps.cutover.moves.probe_reverse", fails)
    with replication(ready):
        with pytest.raises(Interrupted, match="the probe fails"):
            cutover(ready, options(), traffic)
        assert (triggers(ready, Side.SOURCE), triggers(ready, Side.TARGET)) == ({"audited"}, set())
        insert(ready, Side.SOURCE, 3000)
        settled(ready)
    assert count(ready, Side.TARGET, "audit") == count(ready, Side.SOURCE, "entry") == 320
