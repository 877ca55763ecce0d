"""The ledger on real servers: who may work, who has which chunk, how far changes are applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import pairwise

import pytest

from database_migration.engines.protocol import Session, Statement
from database_migration.errors import EpochPassed, MigrationError, NotPossible, SpecRefused
from database_migration.ledger import (
    ANY_CHUNK,
    Ledger,
    Runs,
    StaleRow,
    all_migrations,
    install,
    is_installed,
    open_ledger,
)
from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, KeyRange
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import CutoverMove, Direction, Phase, Side
from fixtures.servers import Database
from integration.conftest import endpoint_of, engine_named

OpenSession = Callable[[], Session]
MIGRATION = "shop_to_postgres"


@pytest.fixture(params=["mariadb", "mysql", "postgres"])
def open_session(request: pytest.FixtureRequest) -> Iterator[OpenSession]:
    """Opens sessions on a server with a control schema that is empty."""
    database: Database = request.getfixturevalue(f"{request.param}_database")
    engine, endpoint = engine_named(database.engine), endpoint_of(database)
    with ExitStack() as stack:

        def connect() -> Session:
            session = engine.connect(endpoint, purpose="test")
            stack.callback(session.close)
            return session

        session = connect()
        # MySQL's control schema is shared by all databases of a server.
        session.execute(
            "DROP SCHEMA IF EXISTS database_migration" + (" CASCADE" if database.engine == "postgres" else "")
        )
        assert not is_installed(session)
        install(session, engine.traits.engine)
        yield connect


@pytest.fixture
def ledger(open_session: OpenSession) -> Ledger:
    """The ledger of an open run."""
    session = open_session()
    state = Runs(session, MIGRATION).open("run_1", "hash")
    return Ledger(session, MIGRATION, "run_1", state.epoch)


def ranges(count: int) -> list[KeyRange]:
    key = ChunkKey("id", Form.INTEGER)
    bounds = [None, *(str(number * 10) for number in range(1, count)), None]
    return [KeyRange(key, low, high) for low, high in pairwise(bounds)]


def test_installing_twice_is_once(open_session: OpenSession, ledger: Ledger, request: pytest.FixtureRequest) -> None:
    session = open_session()
    install(session, "postgres" if "postgres" in request.node.name else "mysql")
    assert is_installed(session)
    assert ledger.runs.current() is not None


def test_a_run_is_opened_returned_to_and_refused_with_another_spec(ledger: Ledger) -> None:
    state = ledger.runs.open("run_1", "hash")
    assert (state.epoch, state.phase, state.serving, state.replication) == (1, Phase.PLAN, Side.SOURCE, Direction.OFF)
    assert isinstance(state.opened_at, datetime)
    with pytest.raises(SpecRefused, match="edited"):
        ledger.runs.require_current("run_1", "other")
    with pytest.raises(NotPossible, match="under way"):
        ledger.runs.open("run_2", "hash")


def test_a_rolled_back_run_stays_dead_and_the_next_one_has_a_later_epoch(ledger: Ledger) -> None:
    ledger.runs.advance("run_1", Phase.EXECUTE)
    ledger.runs.advance("run_1", Phase.PREPARE)
    assert ledger.runs.require_current("run_1", "hash").phase is Phase.EXECUTE
    ledger.runs.end("run_1", Phase.ROLLED_BACK)
    with pytest.raises(EpochPassed):
        ledger.runs.require_current("run_1", "hash")
    with pytest.raises(EpochPassed):
        ledger.runs.open("run_1", "hash")
    second = ledger.runs.open("run_2", "hash 2")
    assert second.epoch > 1
    with pytest.raises(EpochPassed):
        ledger.runs.require_current("run_1", "hash")
    assert ledger.runs.require_current("run_2", "hash 2").phase is Phase.PLAN
    assert [(run, outcome) for run, _, outcome in ledger.runs.history()] == [("run_2", None), ("run_1", "rolled_back")]


def test_a_finalized_migration_is_not_started_again(ledger: Ledger) -> None:
    ledger.runs.serve_from(Side.TARGET)
    ledger.runs.replicate(Direction.REVERSE)
    state = ledger.runs.current()
    assert state is not None
    assert (state.serving, state.replication) == (Side.TARGET, Direction.REVERSE)
    ledger.runs.end("run_1", Phase.FINALIZED)
    with pytest.raises(NotPossible, match="finalized"):
        ledger.runs.open("run_2", "hash")


def test_migrations_are_apart(open_session: OpenSession, ledger: Ledger) -> None:
    Runs(open_session(), "Shop_to_postgres").open("run_1", "hash")
    assert [state.migration for state in all_migrations(ledger.session)] == ["Shop_to_postgres", MIGRATION]
    assert open_ledger(open_session(), MIGRATION, "run_1").epoch == 1
    with pytest.raises(NotPossible, match="not in the ledger"):
        open_ledger(open_session(), MIGRATION, "run_7")


def test_only_one_of_two_runs_opens(open_session: OpenSession) -> None:
    def try_open(number: int) -> bool:
        session = open_session()
        try:
            Runs(session, "contested").open(f"run_{number}", "hash")
        except MigrationError:  # in whichever way the server tells the loser
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(try_open, range(4)))
    assert won.count(True) == 1


def test_chunks_are_planned_once_and_read_back_in_order(ledger: Ledger) -> None:
    ledger.chunks.plan("orders", ranges(1203), estimated_rows=12_030)
    ledger.chunks.plan("orders", ranges(2), estimated_rows=5)
    lines = ledger.chunks.lines("orders")
    assert [line.ordinal for line in lines] == list(range(1203))
    assert (lines[0].lower, lines[0].upper, lines[-1].lower, lines[-1].upper) == (None, "10", "12020", None)
    assert ledger.chunks.unfinished() == 1203
    assert not ledger.chunks.any_done("orders")


def test_sessions_claim_different_chunks_and_a_dead_one_gives_its_chunk_back(
    open_session: OpenSession, ledger: Ledger
) -> None:
    ledger.chunks.plan("small", ranges(1), estimated_rows=1)
    ledger.chunks.plan("large", ranges(2), estimated_rows=1_000_000)
    sessions = [open_session() for _ in range(4)]
    chunks = [Ledger(session, MIGRATION, "run_1", 1).chunks for session in sessions]
    with ExitStack() as transactions:
        for session in sessions[1:]:
            transactions.enter_context(session.transaction())
        dying = sessions[0].transaction()
        dying.__enter__()
        began = time.monotonic()
        claimed = [part.claim() for part in chunks]
        assert time.monotonic() - began < 2  # nobody waited for a lock
        assert [(line.table, line.ordinal) for line in claimed if line] == [("large", 0), ("large", 1), ("small", 0)]
        assert claimed[3] is None
        sessions[0].close()
        deadline = time.monotonic() + 5
        again = None
        while again is None and time.monotonic() < deadline:
            again = chunks[3].claim()
        assert again is not None
        assert (again.table, again.ordinal) == ("large", 0)
    assert ledger.chunks.unfinished() == 3


def test_a_finished_chunk_counts_and_a_rolled_back_one_does_not(open_session: OpenSession, ledger: Ledger) -> None:
    ledger.chunks.plan("orders", ranges(3), estimated_rows=30)
    session = open_session()
    chunks = Ledger(session, MIGRATION, "run_1", 1).chunks
    with session.transaction():
        line = chunks.claim(["orders"])
        assert line is not None
        chunks.finish(line, rows=11, octets=1100, seconds=0.5, lane="0")
    with suppress(ZeroDivisionError), session.transaction():
        line = chunks.claim()
        assert line is not None
        chunks.finish(line, rows=12, octets=1, seconds=1, lane="0")
        raise ZeroDivisionError
    (progress,) = ledger.chunks.progress()
    assert (progress.chunks, progress.chunks_done, progress.rows, progress.bytes) == (3, 1, 11, 1100)
    assert (progress.estimated_rows, progress.seconds) == (30, 0.5)
    assert ledger.chunks.any_done("orders")
    with session.transaction():
        assert chunks.claim(["items"]) is None


def test_positions_begin_once_and_move_with_the_transaction(open_session: OpenSession, ledger: Ledger) -> None:
    assert ledger.positions.get(Direction.FORWARD) is None
    start = LogPosition(7 * 2**40 + 4711, "binlog.000007:4711")
    ledger.positions.begin(Direction.FORWARD, start)
    again = ledger.positions.begin(Direction.FORWARD, LogPosition(1, "binlog.000001:1"))
    assert (again.position.ordinal, again.position.text) == (start.ordinal, start.text)
    session = open_session()
    positions = Ledger(session, MIGRATION, "run_1", 1).positions
    moment = datetime(2026, 11, 22, 12, 0, 0, 123456)
    later = LogPosition(2**64 - 1, "FFFFFFFF/FFFFFFFF")
    with session.transaction():
        positions.move(Direction.FORWARD, later, committed_at=moment, transactions=2, changes=30)
        other_view = ledger.positions.get(Direction.FORWARD)
        assert other_view is not None
        assert other_view.position == start
    with session.transaction():
        positions.move(Direction.FORWARD, later, committed_at=None, transactions=1, changes=1)
    applied = ledger.positions.get(Direction.FORWARD)
    assert applied is not None
    assert (applied.position, applied.position.text, applied.committed_at) == (later, later.text, moment)
    assert (applied.transactions, applied.changes) == (3, 31)
    assert ledger.positions.get(Direction.REVERSE) is None


def test_moves_and_checkpoints_keep_their_order(ledger: Ledger) -> None:
    ledger.moves.begin(CutoverMove.HOLD_WRITES)
    ledger.moves.done(CutoverMove.HOLD_WRITES, seconds=0.25)
    ledger.moves.begin(CutoverMove.FENCE_SOURCE, tables=["a%b", "é"])
    ledger.moves.undone(CutoverMove.FENCE_SOURCE)
    assert [(line.move, line.state) for line in ledger.moves.journal()] == [
        (CutoverMove.HOLD_WRITES, "begun"),
        (CutoverMove.HOLD_WRITES, "done"),
        (CutoverMove.FENCE_SOURCE, "begun"),
        (CutoverMove.FENCE_SOURCE, "undone"),
    ]
    assert ledger.moves.journal()[1].detail == {"seconds": 0.25}
    assert ledger.moves.journal()[2].detail == {"tables": ["a%b", "é"]}
    assert ledger.moves.states() == {CutoverMove.HOLD_WRITES: "done", CutoverMove.FENCE_SOURCE: "undone"}
    ledger.checkpoints.set("prepared", position="x")
    ledger.checkpoints.set("validated")
    ledger.checkpoints.set("prepared", position="y")
    assert list(ledger.checkpoints.all()) == ["prepared", "validated"]


def test_notes_and_reports_are_replaced(ledger: Ledger) -> None:
    assert ledger.notes.get_note("copy_end") is None
    for value in ({"ordinal": 2**62, "text": "é % 100%s"}, [1, None, "\\ ' \""], [1, None, "\\ ' \""]):
        ledger.notes.put_note("copy_end", value)
        assert ledger.notes.get_note("copy_end") == value
    ledger.reports.file("run_1", "plan", verdict="passed", location="/a")
    ledger.reports.file("run_1", "plan", verdict="warned", location="/b")
    (line,) = ledger.reports.of_run("run_1")
    assert (line.stem, line.verdict, line.location) == ("plan", "warned", "/b")


def test_objects_are_remembered_across_epochs(ledger: Ledger) -> None:
    table = Statement("table", "orders", "CREATE …", "DROP TABLE IF EXISTS orders")
    assert ledger.objects.intend(table)
    assert ledger.objects.intend(table)  # intended, but not made: to be done again
    ledger.objects.made(table, seconds=0.5)
    assert not ledger.objects.intend(table)
    assert ledger.objects.intend(table, Side.SOURCE)
    assert [(one.side, one.subject, one.made) for one in ledger.objects.all()] == [
        (Side.TARGET, "orders", True),
        (Side.SOURCE, "orders", False),
    ]
    later = ledger.objects.at_epoch(2)
    assert [(epoch, one.side) for epoch, one in later.of_earlier_runs()] == [(1, Side.SOURCE), (1, Side.TARGET)]
    ledger.objects.forget("table", "orders", Side.SOURCE)
    assert len(ledger.objects.all()) == 1


def test_stale_rows_are_ready_when_their_chunk_is_done(ledger: Ledger) -> None:
    ledger.chunks.plan("t", ranges(2), estimated_rows=10)
    first, second = ledger.chunks.lines("t")
    rows = [StaleRow("t", 0, ("1", "é'\"%s\\")), StaleRow("t", 1, ("7", "")), StaleRow("t", ANY_CHUNK, ("9", "x"))]
    ledger.seam.remember([*rows, rows[0]])
    ledger.seam.remember(rows[:2])
    assert (ledger.seam.stale(), ledger.seam.ready(10)) == (3, [])
    ledger.seam.begin_reading("t", (0, 1), lane="3")
    ledger.seam.begin_reading("t", (0,), lane="4")
    assert set(ledger.seam.readings("t")) == {0, 1}
    assert ledger.seam.states([("t", 0), ("t", 1), ("t", 2)]) == {("t", 0): (False, True), ("t", 1): (False, True)}
    ledger.chunks.finish(first, rows=1, octets=1, seconds=0, lane="3")
    ledger.seam.end_reading("t", (0,))
    assert ledger.seam.states([("t", 0), ("t", 1)]) == {("t", 0): (True, False), ("t", 1): (False, True)}
    assert ledger.seam.ready(10) == rows[:1]
    ledger.chunks.finish(second, rows=1, octets=1, seconds=0, lane="3")
    assert sorted(ledger.seam.ready(10), key=lambda row: row.key) == rows
    ledger.seam.forget(rows[:2])
    assert ledger.seam.ready(10) == rows[2:]
