"""Replication between two real servers under a live writer: every change once, in order, both ways."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from database_migration.errors import EpochPassed, Interrupted, NotPossible, PositionLost, SourceChanged, ValueRefused
from database_migration.ledger import Positions, Runs, install
from database_migration.model.migration_state import Direction, Phase
from database_migration.steps.chunked_copy import copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import (
    Applier,
    BackgroundApplier,
    ReplicateOptions,
    TouchedRows,
    Until,
    applied_position,
    lag,
    replicate,
    start_capture,
    take_lock,
)
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import validate_rows
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import FAST, TABLES, LiveWriter, copy_all, create_keys, create_tables, differences, fill

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT180S", "stint": "PT4S", "reconnects": 0})
WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("mysql", "postgres"), ("postgres", "postgres18")]


def make(request: pytest.FixtureRequest, make_run: MakeRun, source: str, target: str, rows: int) -> MigrationRun:
    servers = request.getfixturevalue(source), request.getfixturevalue(target)
    run = make_run(*servers, TABLES[servers[0].engine])
    fill(run.source, rows)
    create_tables(run)
    start_capture(run, QUICK)
    return run


@contextmanager
def capturing(run: MigrationRun) -> Iterator[MigrationRun]:
    """Give back what capture took, so that the next test's server is as it was."""
    try:
        yield run
    finally:
        run.source.change_log.stop(run.log_name)
        run.target.change_log.stop(run.log_name)


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def captured(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run whose source is filled and captured, each way."""
    with capturing(make(request, make_run, *request.param, rows=1500)) as run:
        yield run


@pytest.fixture
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """The same from MariaDB to PostgreSQL, copied and caught up, with keys."""
    with capturing(make(request, make_run, "mariadb", "postgres", rows=200)) as run:
        copy_all(run)
        replicate(run, QUICK, until=Until.COPY_END)
        create_keys(run)
        yield run


def execute(run: MigrationRun, *statements: str) -> None:
    with run.source.connect("application") as session:
        for statement in statements:
            session.execute(statement)


def target_rows(run: MigrationRun, sql: str) -> list[tuple[object, ...]]:
    with run.target.connect("test") as session:
        return session.execute(sql)


def want(run: MigrationRun, direction: Direction) -> None:
    with run.ledger() as ledger:
        ledger.runs.replicate(direction)


def test_copy_and_catch_up_under_a_live_writer(captured: MigrationRun) -> None:
    with LiveWriter(captured.source, rate=150) as writer:
        time.sleep(0.5)
        lanes = cut_chunks(captured, FAST)
        for lane in range(lanes):
            copy_lane(captured, FAST, lane)
        finish_copy(captured, FAST)
        report = replicate(captured, QUICK, until=Until.COPY_END)
        assert report.summary["outcome"] == "goal reached"
        create_keys(captured)
        assert replicate(captured, QUICK, until=Until.CAUGHT_UP).summary["outcome"] == "goal reached"
        with BackgroundApplier(captured, QUICK, Direction.FORWARD) as applier:
            compared, differing, _ = differences(captured, settle="PT10S")
            assert differing == 0
            assert compared > 7500
            writer.stop()
            applier.catch_up(timeout=20)
            assert lag(captured).seconds < 1
    assert writer.transactions > 200
    with BackgroundApplier(captured, QUICK, Direction.FORWARD, wait=5):
        compared, differing, moving = differences(captured)
    assert (differing, moving) == (0, 0)


def test_every_transaction_is_counted_once(run: MigrationRun) -> None:
    execute(run, "INSERT INTO voucher (code) VALUES ('a')", "UPDATE voucher SET uses = 2 WHERE code = 'a'")
    first = replicate(run, QUICK, until=Until.CAUGHT_UP)
    again = replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert (first.summary["transactions"], first.summary["changes"]) == (2, 2)
    assert (again.summary["transactions"], again.summary["changes"]) == (0, 0)
    assert target_rows(run, "SELECT uses FROM voucher WHERE code = 'a'") == [(2,)]


def test_cascades_that_the_log_leaves_out_are_applied(run: MigrationRun) -> None:
    touched = TouchedRows()
    with BackgroundApplier(run, QUICK, Direction.FORWARD, touched=touched) as applier:
        execute(run, "DELETE FROM customer WHERE id = 20", "UPDATE customer SET balance = 1 WHERE id = 21")
        applier.catch_up(timeout=10)
    assert target_rows(run, "SELECT id FROM purchase WHERE customer_id = 20") == []
    assert target_rows(run, "SELECT line FROM purchase_line WHERE purchase_id = 20") == []
    assert target_rows(run, "SELECT customer_id FROM voucher WHERE code = 'V20'") == [(None,)]
    assert touched.keys == {
        "customer": {("20",), ("21",)},
        "purchase": {("20",)},
        "purchase_line": {("20", "1"), ("20", "2")},
        "voucher": {("V20",)},
    }
    assert validate_rows(run, touched.keys) == []
    assert len(touched.take()) == 6
    assert len(touched) == 0


def test_what_cascades_took_away_during_the_copy_is_cleared_at_its_end(
    request: pytest.FixtureRequest, make_run: MakeRun
) -> None:
    with capturing(make(request, make_run, "mariadb", "postgres", rows=60)) as run:
        execute(
            run,
            "UPDATE purchase_line SET what = 'put back by the log' WHERE purchase_id IN (20, 21)",
            "DELETE FROM customer WHERE id = 20",  # its purchase goes without a word, and so do the lines
        )
        copy_all(run)
        report = replicate(run, QUICK, until=Until.COPY_END)
        assert report.summary["rows_written_again"] == 2
        lines = target_rows(run, "SELECT purchase_id FROM purchase_line WHERE what LIKE 'put%'")
        assert lines == [(21,), (21,)]
        create_keys(run)
        with BackgroundApplier(run, QUICK, Direction.FORWARD):
            assert differences(run)[1:] == (0, 0)


def test_truncation_is_applied_and_touches_the_whole_table(run: MigrationRun) -> None:
    touched = TouchedRows()
    with BackgroundApplier(run, QUICK, Direction.FORWARD, touched=touched) as applier:
        execute(run, "TRUNCATE TABLE token", "INSERT INTO token VALUES (X'00112233445566778899aabbccddeeff', NULL)")
        applier.catch_up(timeout=10)
    assert len(target_rows(run, "SELECT id FROM token")) == 1
    assert touched.whole_tables == {"token"}


def test_a_changed_source_schema_is_refused_and_nothing_after_it_is_applied(run: MigrationRun) -> None:
    def alter_under_an_applier() -> None:
        with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
            execute(
                run,
                "INSERT INTO voucher (code) VALUES ('before')",
                "ALTER TABLE voucher ADD COLUMN extra int",
                "INSERT INTO voucher (code) VALUES ('after')",
            )
            applier.catch_up(timeout=10)

    with pytest.raises(SourceChanged):
        alter_under_an_applier()
    assert target_rows(run, "SELECT code FROM voucher WHERE code IN ('before', 'after')") == [("before",)]
    with pytest.raises(SourceChanged, match="column extra"):
        replicate(run, QUICK, until=Until.CAUGHT_UP)
    with run.ledger() as ledger:
        held = ledger.notes.get_note("replication_held")
        assert isinstance(held, dict)
        assert "extra" in held["reason"]


def test_a_value_that_cannot_be_held_names_its_transaction(run: MigrationRun) -> None:
    with run.target.connect("test") as session:
        session.execute("ALTER TABLE voucher ADD CHECK (uses < 100)")
    execute(
        run,
        "INSERT INTO voucher (code) VALUES ('one')",
        "UPDATE voucher SET uses = 100 WHERE code = 'one'",
        "INSERT INTO voucher (code) VALUES ('two')",
    )
    with pytest.raises(ValueRefused, match=r"in the transaction that ends at"):
        replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert target_rows(run, "SELECT code, uses FROM voucher WHERE code IN ('one', 'two')") == [("one", 0)]


def test_a_stint_obeys_the_ledger_and_its_time(run: MigrationRun) -> None:
    assert replicate(run, QUICK, until=Until.STINT).summary["outcome"] == "replication is not wanted"
    want(run, Direction.FORWARD)
    began = time.monotonic()
    assert replicate(run, QUICK, until=Until.STINT).summary["outcome"] == "stint over"
    assert 3.5 < time.monotonic() - began < 8
    with Applier(run, QUICK, Direction.FORWARD) as applier:
        want(run, Direction.OFF)
        began = time.monotonic()
        assert not applier.apply_until(lambda _: False).wanted
        assert time.monotonic() - began < 2
        want(run, Direction.FORWARD)
        with run.ledger() as ledger:
            ledger.runs.end(run.run_id, Phase.ROLLED_BACK)
        time.sleep(0.3)
        with pytest.raises(EpochPassed):
            applier.apply_until(lambda _: False)


def test_one_applier_at_a_time(run: MigrationRun) -> None:
    want(run, Direction.FORWARD)
    execute(run, "INSERT INTO voucher (code) VALUES ('mine')")
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        with pytest.raises(Interrupted, match="another applier"), Applier(run, QUICK, Direction.FORWARD, wait=0.3):
            pass
        report = replicate(run, QUICK, until=Until.STINT)
        assert report.summary["outcome"] == "another applier is at work"
        assert replicate(run, QUICK, until=Until.CAUGHT_UP).summary["outcome"] == "another applier is at work"
    assert target_rows(run, "SELECT 1 FROM voucher WHERE code = 'mine'") == [(1,)]


def test_a_lost_connection_is_mended(run: MigrationRun) -> None:
    options = QUICK.model_copy(update={"reconnects": 3})
    want(run, Direction.FORWARD)
    with run.target.connect("test") as session, BackgroundKiller(session):
        report = replicate(run, options, until=Until.STINT)
    assert int(str(report.summary["reconnects"])) >= 1
    assert report.summary["outcome"] == "stint over"
    execute(run, "INSERT INTO voucher (code) VALUES ('late')")
    replicate(run, options, until=Until.CAUGHT_UP)
    assert target_rows(run, "SELECT 1 FROM voucher WHERE code = 'late'") == [(1,)]


class BackgroundKiller:
    """Ends the applier's session once, after a second."""

    def __init__(self, session: object) -> None:
        import threading

        self._session = session
        self._timer = threading.Timer(1.0, self._kill)

    def _kill(self) -> None:
        self._session.execute(  # type: ignore[attr-defined]
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'apply'"
        )

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.join()


def test_lag_is_zero_when_idle_and_grows_when_nobody_applies(run: MigrationRun) -> None:
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        applier.catch_up(timeout=10)
        assert lag(run).seconds < 2
    execute(run, "INSERT INTO voucher (code) VALUES ('x')")
    time.sleep(2)
    first = lag(run)
    time.sleep(1)
    assert lag(run).seconds > first.seconds > 1.5
    assert lag(run).bytes > 0
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        applier.catch_up(timeout=10)
        assert lag(run).seconds < 2


def test_the_fuse_gives_capture_up(run: MigrationRun) -> None:
    execute(run, *[f"INSERT INTO token VALUES (X'{number:032x}', NULL)" for number in range(50)])
    deadline = time.monotonic() + 10
    with Applier(run, QUICK.model_copy(update={"max_log_bytes": 1}), Direction.FORWARD, obeys=False) as applier:
        with pytest.raises(PositionLost, match="max_log_bytes"):
            applier.apply_until(lambda _: time.monotonic() > deadline)


def test_applying_needs_a_start(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = make_run(mariadb, postgres, TABLES["mysql"])
    create_tables(run)
    with pytest.raises(NotPossible, match="no position"), Applier(run, QUICK, Direction.FORWARD):
        pass
    with pytest.raises(NotPossible, match="not begun"):
        lag(run)


def test_reverse_replication_carries_writes_back_and_not_our_own(captured: MigrationRun) -> None:
    run = captured
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    want(run, Direction.OFF)
    tables = [pair.target.name for pair in run.pairs()]
    position = run.target.change_log.start(run.log_name, run.target.schema, tables)
    with run.current_ledger() as ledger, run.source.connect("test") as session:
        Positions(session, run.migration, ledger.epoch).begin(Direction.REVERSE, position)
    # Forward changes that are applied now must not come back as reverse ones.
    execute(run, "UPDATE customer SET note = 'forward' WHERE id = 1")
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    want(run, Direction.OFF)
    with LiveWriter(run.target, rate=150) as writer, BackgroundApplier(run, QUICK, Direction.REVERSE) as applier:
        time.sleep(4)
        writer.stop()
        applied = applier.catch_up(timeout=20)
        assert applied.changes > 100
    assert differences(MigrationRun(**{**_fields(run), "online": False}))[1] == 0
    with run.ledger() as ledger:
        reached = applied_position(run, ledger, Direction.REVERSE)
        forward = applied_position(run, ledger, Direction.FORWARD)
    assert reached is not None
    assert forward is not None
    before = forward.changes
    # What reverse replication wrote must not come back as forward changes either.
    report = replicate(run, QUICK, until=Until.COPY_END)
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as again:
        again.catch_up(timeout=20)
    with run.ledger() as ledger:
        forward = applied_position(run, ledger, Direction.FORWARD)
        assert forward is not None
        assert forward.changes == before, report.summary


def _fields(run: MigrationRun) -> dict[str, object]:
    return {name: getattr(run, name) for name in run.__dataclass_fields__}


def test_capture_again_keeps_the_first_position(run: MigrationRun) -> None:
    with run.ledger() as ledger:
        before = ledger.positions.get(Direction.FORWARD)
    execute(run, "INSERT INTO voucher (code) VALUES ('between')")
    start_capture(run, QUICK)
    with run.ledger() as ledger:
        after = ledger.positions.get(Direction.FORWARD)
        assert list(ledger.checkpoints.all()) == ["prepared", "copied"]
    assert before is not None
    assert after is not None
    assert after.position == before.position
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert target_rows(run, "SELECT 1 FROM voucher WHERE code = 'between'") == [(1,)]


def test_the_lock_is_taken_once(run: MigrationRun) -> None:
    with run.target.connect("one") as one, run.target.connect("two") as two:
        assert take_lock(one, run.migration)
        assert not take_lock(two, run.migration)
        one.close()
        deadline = time.monotonic() + 5
        while not take_lock(two, run.migration):
            assert time.monotonic() < deadline
    with run.source.connect("test") as session:
        install(session, run.source.engine.traits.engine)
        assert Runs(session, run.migration).current() is None
