"""A whole online run whose application writes values that the target cannot hold, from the copy to the last gate."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from database_migration.errors import MigrationError, ValidationFailed
from database_migration.model.mapping import Mapping
from database_migration.model.migration_state import Direction, Phase, Side
from database_migration.model.report import Severity
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.finalize import FinalizeOptions, finalize
from database_migration.steps.replicate import Until, replicate, start_capture
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.traffic import SqlTraffic
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables
from integration.traffic.application import (
    FAST,
    TABLES,
    Application,
    check_nothing_lost,
    fill,
    replication,
    state_of,
)

VISITS = 3000
SMALL = ChunkedCopyOptions.model_validate({"lanes": 2, "chunk_rows": 500})
VALUES = {"zero_date": "quarantine", "nul_character": {"to": "·"}, "quarantine": {"max_rows": 5000, "max_share": 1}}


class Visitors(threading.Thread):
    """Writes good and bad visits to the source, and mends some, until the source takes no more."""

    def __init__(self, run: MigrationRun) -> None:
        super().__init__(daemon=True)
        self._run = run
        self._over = threading.Event()
        self.writes = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        chance = random.Random(7)
        try:
            with self._run.source.connect("visitors") as session:
                session.execute("SET SESSION sql_mode = ''")
                while not self._over.is_set():
                    some = chance.randint(1, VISITS + self.writes)
                    day = chance.choice(["0000-00-00", "2024-00-01", *["2024-05-06"] * 4])
                    what = chance.choice(["plain", r"with \0 inside", "é☃"])
                    session.execute(f"UPDATE visit SET day = '{day}', what = '{what}' WHERE id = {some}")
                    session.execute(f"INSERT INTO visit (day, what) VALUES ('{day}', '{what}')")
                    if chance.random() < 0.1:
                        session.execute(f"DELETE FROM visit WHERE id = {some}")
                    self.writes += 1
                    time.sleep(0.03)
        except MigrationError as error:
            if "fence" not in str(error).lower() and "no more writes" not in str(error).lower():
                self.error = error

    def stop(self) -> None:
        self._over.set()
        self.join(20)
        if self.error is not None:
            raise self.error


@contextmanager
def visitors(run: MigrationRun) -> Iterator[Visitors]:
    thread = Visitors(run)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


@pytest.fixture
def run(request: pytest.FixtureRequest, make_run: MakeRun, mariadb, postgres) -> Iterator[MigrationRun]:  # type: ignore[no-untyped-def]
    """A source with visits, some of them bad, and nothing on the target yet."""
    visit = "CREATE TABLE visit (id int AUTO_INCREMENT PRIMARY KEY, day date, what text) DEFAULT CHARACTER SET utf8mb4;"
    made = make_run(mariadb, postgres, TABLES["mysql"] + visit)
    fill(made.source)
    with made.source.connect("fill") as session:
        session.execute("SET SESSION sql_mode = ''")
        days = ["0000-00-00" if n % 50 == 0 else "2024-01-02" for n in range(VISITS)]
        session.execute("INSERT INTO visit (day, what) VALUES " + ", ".join(f"('{day}', 'x')" for day in days))
    yield replace(made, mapping=Mapping.model_validate({"values": VALUES}))
    for side in Side:
        made.database(side).change_log.stop(made.log_name)


def waived(**more: object) -> CutoverOptions:
    return CutoverOptions.model_validate({"waive_quarantine": {"visit": "days that nobody knows any more"}, **more})


def prepare(run: MigrationRun) -> None:
    create_tables(run)
    start_capture(run, FAST)
    copied = copy_all(run, SMALL)
    assert int(str(copied["rows_in_quarantine"])) > 0
    replicate(run, FAST, until=Until.COPY_END)
    create_keys(run)
    with run.current_ledger() as ledger:
        ledger.runs.advance(run.run_id, Phase.EXECUTE)
    with run.current_ledger() as ledger:
        ledger.runs.replicate(Direction.FORWARD)


def bad_visits(run: MigrationRun) -> set[int]:
    with run.source.connect("look") as session:
        found = session.execute("SELECT id FROM visit WHERE MONTH(day) = 0 OR DAYOFMONTH(day) = 0")
    return {int(str(key)) for (key,) in found}


def kept_visits(run: MigrationRun) -> set[int]:
    with run.ledger() as ledger:
        return {int(key[0]) for key in ledger.quarantine.keys("visit")}


def ids(run: MigrationRun, side: Side) -> set[int]:
    with run.database(side).connect("look") as session:
        return {int(str(key)) for (key,) in session.execute("SELECT id FROM visit")}


def test_a_whole_run_under_writers(run: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(run, traffic, writers=2, pause=0.03) as application, visitors(run) as writing:
        prepare(run)
        with replication(run):
            report = validate(run, ValidateOptions.model_validate({"settle": "PT40S", "chunk_rows": 500}))
            assert report.summary["rows_differing"] == 0, report.findings
            assert int(str(report.summary["rows_in_quarantine"])) > 0
            with pytest.raises(ValidationFailed, match="are in quarantine") as refusal:
                cutover(run, CutoverOptions.model_validate({}), traffic)
            assert "waive_quarantine: {visit: <reason>}" in str(refusal.value)
            assert state_of(run).serving is Side.SOURCE
            application.goes_on()
            checklist = cutover(run, waived(max_write_pause="PT20S"), traffic)
        application.goes_on()
        assert writing.writes > 50
    (note,) = [finding for finding in checklist.findings if finding.code == "quarantine"]
    assert note.severity is Severity.NOTE
    assert "days that nobody knows any more" in note.message
    kept = kept_visits(run)
    assert kept == bad_visits(run)
    assert ids(run, Side.TARGET) == ids(run, Side.SOURCE) - kept
    check_nothing_lost(application, Side.TARGET)
    done = finalize(run, FinalizeOptions.model_validate({}), traffic)
    check_nothing_lost(application, Side.SOURCE)
    (script,) = done.scripts
    assert script.filename == "quarantine.csv"
    assert len(script.text.splitlines()) == len(kept) + 1
    assert done.summary["rows_in_quarantine"] == len(kept)


def test_going_back_leaves_quarantined_rows_as_they_were(run: MigrationRun, traffic: SqlTraffic) -> None:
    prepare(run)
    with run.source.connect("application") as session:
        session.execute("SET SESSION sql_mode = ''")
        session.execute(r"UPDATE visit SET what = 'a\0b' WHERE id IN (2, 3)")
    before = bad_visits(run)
    with Application(run, traffic, writers=2, pause=0.03) as application, replication(run):
        cutover(run, waived(), traffic)
        with run.target.connect("application") as session:
            session.execute("UPDATE visit SET day = '2030-01-01' WHERE id = 2")
        application.goes_on()
        rollback(run, RollbackOptions.model_validate({}), traffic)
        application.goes_on()
    assert state_of(run).serving is Side.SOURCE
    assert bad_visits(run) == before
    with run.source.connect("look") as session:
        found = dict(session.execute("SELECT id, HEX(what) FROM visit WHERE id IN (2, 3)"))  # type: ignore[arg-type]
    # Row 2 came back whole, with the replacement; row 3 was never written on the target.
    assert found == {2: "a·b".encode().hex().upper(), 3: "610062"}
    check_nothing_lost(application, Side.SOURCE)
