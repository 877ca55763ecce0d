"""Without replication: the application is stopped, everything is compared under the fence, and there is no way back."""

from __future__ import annotations

import pytest

from database_migration.errors import NotPossible, ValidationFailed
from database_migration.model.migration_state import CutoverMove, Direction, Phase, Side
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.finalize import FinalizeOptions, finalize
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.traffic import SqlTraffic
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables
from integration.traffic.application import TABLES, content, fence_is_up, fill, state_of

OVER = CutoverOptions.model_validate({})
BACK = RollbackOptions.model_validate({})


@pytest.fixture
def stopped(make_run: MakeRun, mariadb: MariaDBServer, postgres: PostgresServer) -> MigrationRun:
    run = make_run(mariadb, postgres, TABLES["mysql"], online=False)
    fill(run.source)
    create_tables(run)
    copy_all(run)
    create_keys(run)
    with run.current_ledger() as ledger:
        ledger.runs.advance(run.run_id, Phase.EXECUTE)
    return run


def test_it_is_led_over_and_finalized(stopped: MigrationRun, traffic: SqlTraffic) -> None:
    report = cutover(stopped, OVER, traffic)
    assert report.summary["serving"] == "target"
    state = state_of(stopped)
    assert (state.phase, state.serving, state.replication) == (Phase.SOAK, Side.TARGET, Direction.OFF)
    assert content(stopped.source) == content(stopped.target)
    with pytest.raises(NotPossible, match="without reverse replication"):
        rollback(stopped, BACK, traffic)
    assert traffic.serving() is Side.TARGET
    finalize(stopped, FinalizeOptions.model_validate({}), traffic)
    assert state_of(stopped).phase is Phase.FINALIZED
    assert fence_is_up(stopped)


def test_a_row_written_after_the_copy_is_found_under_the_fence(stopped: MigrationRun, traffic: SqlTraffic) -> None:
    with stopped.source.connect("late") as session:
        session.execute("UPDATE entry SET note = 'late' WHERE writer = 0 AND seq = 5")
    with pytest.raises(ValidationFailed, match="differ"):
        cutover(stopped, OVER, traffic)
    assert not fence_is_up(stopped)
    assert traffic.serving() is Side.SOURCE
    with stopped.ledger() as ledger:
        assert ledger.moves.states()[CutoverMove.FENCE_SOURCE] == "undone"
    rollback(stopped, BACK, traffic)
    assert state_of(stopped).phase is Phase.ROLLED_BACK
    assert stopped.target.read_schema().tables == ()
