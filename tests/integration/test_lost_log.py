"""The server throws away log that is still needed: capture starts anew, and only rows that differ are written again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from database_migration.errors import PositionLost, Refused
from database_migration.model.migration_state import Direction
from database_migration.model.report import Verdict
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import TABLES, copy_all, create_keys, create_tables, differences, fill

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT60S", "reconnects": 0})


@pytest.fixture(params=[("mariadb", "postgres"), ("postgres", "mariadb")], ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run that is copied and has caught up."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine])
    fill(run.source, 300)
    create_tables(run)
    start_capture(run, QUICK)
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    yield run
    run.source.change_log.stop(run.log_name)


def lose(run: MigrationRun) -> None:
    """Throw the log away in which the last changes are."""
    with run.source.connect("test") as session:
        if run.source.engine.traits.engine == "postgres":
            session.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active")
            return
        session.execute("FLUSH BINARY LOGS")
        (last,) = session.execute("SHOW BINARY LOGS")[-1][:1]
        deadline = time.monotonic() + 30
        while len(session.execute("SHOW BINARY LOGS")) > 1:  # a reader that has just ended holds them for a moment
            readers = session.execute("SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'")
            for (reader,) in readers:
                with suppress(Refused):
                    session.execute(f"KILL {reader}")
            session.execute(f"PURGE BINARY LOGS TO '{last}'")
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_only_rows_that_differ_are_written_again(run: MigrationRun) -> None:
    with run.source.connect("application") as session:
        session.execute("UPDATE customer SET note = 'lost' WHERE id <= 7")
        session.execute("DELETE FROM voucher WHERE code = 'V20'")
        session.execute("INSERT INTO voucher (code) VALUES ('lost')")
    lose(run)
    with pytest.raises(PositionLost, match="clear the tasks start_capture and reach_copy_end"):
        replicate(run, QUICK, until=Until.CAUGHT_UP)
    with run.ledger() as ledger:
        assert ledger.notes.get_note("replication_held") is not None
    report = start_capture(run, QUICK)
    assert report.verdict is Verdict.WARNED
    assert [finding.code for finding in report.findings] == ["log_lost"]
    with run.source.connect("application") as session:
        session.execute("UPDATE customer SET note = 'kept' WHERE id = 8")
    report = replicate(run, QUICK, until=Until.COPY_END)
    assert report.summary["rows_written_again"] == 9
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    with run.ledger() as ledger:
        assert ledger.notes.get_note("replication_held") is None
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        assert differences(run)[1:] == (0, 0)
    assert start_capture(run, QUICK).verdict is Verdict.PASSED
