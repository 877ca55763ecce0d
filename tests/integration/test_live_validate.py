"""Validation while the application writes: rows on their way are no differences, real ones are found."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from database_migration.errors import Interrupted
from database_migration.model.migration_state import Direction
from database_migration.model.report import Verdict
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import (
    ValidateOptions,
    Waivers,
    is_watch_wanted,
    open_findings,
    validate,
    watch,
)
from integration.conftest import MakeRun
from integration.live import TABLES, LiveWriter, copy_all, create_keys, create_tables, differences, fill

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT180S", "reconnects": 0})


@pytest.fixture(params=[("mariadb", "postgres"), ("postgres", "mariadb")], ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run that is copied and caught up."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine])
    fill(run.source, 2000)
    create_tables(run)
    start_capture(run, QUICK)
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    yield run
    run.source.change_log.stop(run.log_name)


def vandalise(run: MigrationRun) -> None:
    """Three differences in rows that the live writer leaves alone."""
    with run.target.connect("vandal") as session:
        run.target.engine.writer.prepare(session, "vandal")
        session.execute("UPDATE purchase_line SET line = 7 WHERE purchase_id = 2000 AND line = 2")
        session.execute("INSERT INTO voucher (code, uses) VALUES ('theirs', 1)")


def test_real_differences_are_found_among_rows_in_motion(run: MigrationRun) -> None:
    with LiveWriter(run.source, rate=150), BackgroundApplier(run, QUICK, Direction.FORWARD):
        vandalise(run)
        report = validate(run, ValidateOptions.model_validate({"chunk_rows": 700}))
        assert report.verdict is Verdict.FAILED
        found = {
            (table, tuple(one["key"]), one["kind"])
            for table, told in report.data["tables"].items()  # type: ignore[attr-defined]
            for one in told["differences"]
        }
        expected = {("purchase_line", ("2000", "2"), "missing"), ("purchase_line", ("2000", "7"), "extra")}
        assert found - expected == {("voucher", ("theirs",), "extra")}
        assert expected & found  # the writer may have deleted that purchase meanwhile
        repaired = validate(run, ValidateOptions.model_validate({"chunk_rows": 700, "repair": True}))
        assert repaired.summary["rows_differing"] == 0
        assert repaired.verdict is not Verdict.FAILED


def test_a_row_that_never_rests_is_listed_and_not_blamed(run: MigrationRun) -> None:
    stopping = threading.Event()

    def hammer() -> None:
        with run.source.connect("application") as session:
            while not stopping.is_set():
                session.execute("UPDATE purchase SET amount = amount + 0.01 WHERE id = 5")

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        with BackgroundApplier(run, QUICK, Direction.FORWARD):
            compared, differing, moving = differences(run, settle="PT2S")
    finally:
        stopping.set()
        thread.join()
    assert differing == 0
    assert moving <= 1
    assert compared >= 10_000


def test_a_table_rewritten_during_the_check_is_no_difference(run: MigrationRun) -> None:
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        with run.source.connect("application") as session:
            session.execute("UPDATE purchase_line SET what = 'rewritten'")
            assert differences(run)[1:] == (0, 0)


def test_differences_without_an_applier_cannot_be_judged(run: MigrationRun) -> None:
    vandalise(run)
    with run.source.connect("application") as session:
        session.execute("INSERT INTO voucher (code) VALUES ('on its way')")
    began = time.monotonic()
    with pytest.raises(Interrupted, match="replication did not advance"):
        differences(run, settle="PT2S")
    assert time.monotonic() - began < 15


def test_the_watch_keeps_what_differs_until_it_is_equal(run: MigrationRun) -> None:
    with LiveWriter(run.source, rate=50), BackgroundApplier(run, QUICK, Direction.FORWARD):
        vandalise(run)
        quick = {"chunk_rows": 2500, "watch_share": 1, "settle": "PT20S"}
        while True:  # a stint may end anywhere: the next goes on
            report = watch(run, ValidateOptions.model_validate({**quick, "watch_stint": "PT3S"}))
            if int(str(report.summary["complete_rounds"])) >= 1:
                break
        assert report.verdict is Verdict.WARNED
        with run.ledger() as ledger:
            found = {(row.table, row.key, row.kind) for row in ledger.watch.rows()}
            assert ("voucher", ("theirs",), "extra") in found
            assert ("purchase_line", ("2000", "7"), "extra") in found
            assert len(found) <= 3
            assert len(open_findings(ledger, Waivers({"purchase_line": "known", "voucher/theirs": "known too"}))) == 0
            assert {row.table for row in open_findings(ledger, Waivers({"voucher/others": ""}))} >= {"voucher"}
        validate(run, ValidateOptions.model_validate({"chunk_rows": 2500, "repair": True, "figures": False}))
        report = watch(run, ValidateOptions.model_validate({**quick, "watch_stint": "PT1S"}))
        assert (report.verdict, report.summary["rows_differing"]) == (Verdict.PASSED, 0), report.tables
    with run.ledger() as ledger:
        assert is_watch_wanted(ledger)
        ledger.runs.replicate(Direction.OFF)
        assert not is_watch_wanted(ledger)


def test_a_stranger_s_rows_are_told_from_ours(run: MigrationRun) -> None:
    with BackgroundApplier(run, QUICK, Direction.FORWARD), run.source.connect("application") as source:
        source.execute("UPDATE voucher SET uses = 5 WHERE code = 'V20'")
        with run.target.connect("ours") as ours:  # what we would have done wrong
            run.target.engine.writer.prepare(ours, run.log_name)
            with ours.transaction():
                ours.execute("UPDATE voucher SET uses = 77 WHERE code = 'V30'")
        with run.target.connect("stranger") as stranger:
            stranger.execute("UPDATE voucher SET uses = 78 WHERE code = 'V40'")
            stranger.execute("INSERT INTO voucher (code, uses) VALUES ('theirs', 1)")
            stranger.execute("DELETE FROM purchase_line WHERE purchase_id = 7")
        report = validate(run, ValidateOptions.model_validate({"figures": False}))
    tables = report.data["tables"]
    assert isinstance(tables, dict)
    said = {(one["kind"], *one["key"]): one["written_by"] for one in tables["voucher"]["differences"]}
    assert set(said) == {("changed", "V30"), ("changed", "V40"), ("extra", "theirs")}
    assert said["changed", "V30"] == ""
    assert said["changed", "V40"].startswith("a session")
    assert f"{run.now():%Y-%m-%d}" in said["extra", "theirs"]
    gone = {one["written_by"].partition(" at ")[0] for one in tables["purchase_line"]["differences"]}
    # A row that is gone leaves a trace in a log only.
    assert gone == ({"a session (delete)"} if run.target.engine.traits.engine == "mysql" else {""})
    assert "written by somebody else" in next(f.message for f in report.findings if f.subject == "voucher")
