"""Copying between two real servers: every row once, whatever happens in between."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from database_migration.errors import EpochPassed, Interrupted, TargetNotOurs
from database_migration.ledger import Runs
from database_migration.model.migration_state import Phase
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.chunked_copy.copy_format import CopyFormat
from database_migration.steps.run import MigrationRun
from demo.shop import build_shop
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import FAST, TABLES, copy_all, create_keys, create_tables, differences, fill

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("mysql", "postgres"), ("postgres", "postgres18")]


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def filled(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """An offline run between two servers, its source filled and its target's tables made."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine], online=False)
    fill(run.source, 1200)
    create_tables(run)
    return run


def count(run: MigrationRun, table: str) -> int:
    with run.target.connect("test") as session:
        return int(str(session.execute(f"SELECT count(*) FROM {table}")[0][0]))


@pytest.mark.parametrize("form", list(CopyFormat))
def test_every_row_arrives_and_identities_go_on(filled: MigrationRun, form: CopyFormat) -> None:
    summary = copy_all(filled, FAST.model_copy(update={"format": form}))
    assert summary["rows"] == 1200 * 5 + 120
    assert summary["chunks"] > 5
    between_postgres = filled.source.engine is filled.target.engine
    to_mysql = filled.target.engine.traits.engine == "mysql"
    binary = form is CopyFormat.BINARY or (form is CopyFormat.AUTO and between_postgres)
    assert summary["binary_chunks"] == (summary["chunks"] if binary and not to_mysql else 0)
    assert differences(filled) == (1200 * 5 + 120, 0, 0)
    with filled.target.connect("test") as session:
        session.execute("INSERT INTO customer (name) VALUES ('next')")
        assert int(str(session.execute("SELECT id FROM customer WHERE name = 'next'")[0][0])) > 1200


@pytest.mark.parametrize(
    ("name", "rows", "form"),
    [
        ("chinook_run", 15_607, "text"),
        ("chinook_run", 15_607, "binary"),
        ("chinook_back_run", 15_607, "auto"),
        ("sakila_run", 47_273, "text"),
        ("sakila_run", 47_273, "binary"),
    ],
)
def test_sample_databases_arrive_whole(request: pytest.FixtureRequest, name: str, rows: int, form: str) -> None:
    run: MigrationRun = replace(request.getfixturevalue(name), online=False)
    create_tables(run)
    copied = copy_all(run, FAST.model_copy(update={"format": CopyFormat(form)}))["rows"]
    assert copied == rows
    assert differences(run) == (rows, 0, 0)
    create_keys(run)
    assert differences(run, sample=0.99, sample_rows=200) == (rows, 0, 0)


@pytest.mark.parametrize("form", [CopyFormat.TEXT, CopyFormat.BINARY])
@pytest.mark.parametrize("source", ["mariadb", "mysql"])
def test_the_shop_with_its_awkward_values_arrives_whole(
    request: pytest.FixtureRequest, make_run: MakeRun, postgres: PrivateServer, source: str, form: CopyFormat
) -> None:
    server: PrivateServer = request.getfixturevalue(source)
    run = make_run(server, postgres, online=False)
    built = build_shop(server.database(run.source.endpoint.database), rows=6000)
    create_tables(run)
    assert copy_all(run, FAST.model_copy(update={"format": form}))["rows"] == sum(built.values())
    create_keys(run)
    assert differences(run) == (sum(built.values()), 0, 0)


@pytest.fixture
def run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    """One such run from MariaDB to PostgreSQL."""
    run = make_run(mariadb, postgres, TABLES["mysql"], online=False)
    fill(run.source, 700)
    create_tables(run)
    return run


def test_twice_is_once(run: MigrationRun) -> None:
    copy_all(run)
    assert cut_chunks(run, FAST) == 1
    assert copy_lane(run, FAST, 0)["rows"] > 0  # what it did before, nothing new
    finish_copy(run, FAST)
    assert count(run, "customer") == 700


def test_an_unfinished_copy_is_not_ended(run: MigrationRun) -> None:
    cut_chunks(run, FAST)
    with pytest.raises(Interrupted, match="chunks are not copied"):
        finish_copy(run, FAST)


def test_rows_of_others_are_refused_before_and_during_the_copy(run: MigrationRun) -> None:
    with run.target.connect("test") as session:
        session.execute("INSERT INTO voucher (code, uses) VALUES ('theirs', 1)")
    with pytest.raises(TargetNotOurs, match="did not copy"):
        cut_chunks(run, FAST)
    with run.target.connect("test") as session:
        session.execute("DELETE FROM voucher")
    cut_chunks(run, FAST)
    with run.target.connect("test") as session:
        session.execute("INSERT INTO voucher (code, uses) VALUES ('theirs', 1)")
    with pytest.raises(TargetNotOurs):
        copy_lane(run, FAST, 0)
    assert count(run, "voucher") == 1


def test_a_rolled_back_run_copies_nothing(run: MigrationRun) -> None:
    cut_chunks(run, FAST)
    with run.target.connect("test") as session:
        Runs(session, run.migration).end(run.run_id, Phase.ROLLED_BACK)
    with pytest.raises(EpochPassed):
        copy_lane(run, FAST, 0)
    assert count(run, "customer") == 0


def test_a_busy_source_is_waited_for_and_then_told_of(run: MigrationRun) -> None:
    options = ChunkedCopyOptions.model_validate({"max_running": 1, "max_pause": "PT3S", "reconnects": 0})
    cut_chunks(run, options)
    with run.source.connect("busy") as one, run.source.connect("busy") as two:
        threads = [threading.Thread(target=session.execute, args=("SELECT sleep(6)",)) for session in (one, two)]
        for thread in threads:
            thread.start()
        with pytest.raises(Interrupted, match="sessions are running statements"):
            copy_lane(run, options, 0)
        for thread in threads:
            thread.join()
    assert copy_lane(run, options, 0)["rows"] > 0


def test_quick_chunks_are_taken_together(filled: MigrationRun) -> None:
    options = ChunkedCopyOptions.model_validate({"lanes": 1, "chunk_rows": 100, "chunk_seconds": "PT30S"})
    cut_chunks(filled, options)
    with filled.current_ledger() as ledger:
        planned = {line.table: line.chunks for line in ledger.chunks.progress()}
    assert planned["customer"] == 12
    copy_all(filled, options)
    with filled.current_ledger() as ledger:
        copied = {line.table: line for line in ledger.chunks.progress()}
        lines = ledger.chunks.lines("customer")
    assert copied["customer"].chunks == 4  # 1 and 2 and 4 and what is left
    assert [line.upper for line in lines[:-1]] == [line.lower for line in lines[1:]]
    assert (lines[0].lower, lines[-1].upper) == (None, None)
    assert differences(filled)[1] == 0


def test_chunks_that_were_taken_together_are_single_again_when_it_fails(run: MigrationRun) -> None:
    options = ChunkedCopyOptions(lanes=1, chunk_rows=100)
    cut_chunks(run, options)
    with run.target.connect("lane") as session, run.target.connect("other lane") as other, run.ledger() as ledger:
        ours, theirs = (run.ledger_over(one, ledger.epoch).chunks for one in (session, other))
        before = theirs.lines("customer")

        def take() -> None:
            with session.transaction():
                line = ours.claim(("customer",))
                assert line is not None
                longer, taken = ours.extend(line, 3)
                assert taken == (line.ordinal + 1, line.ordinal + 2)
                assert longer.upper == before[line.ordinal + 2].upper
                with other.transaction():
                    next_line = theirs.claim(("customer",))
                    assert next_line is not None
                    assert next_line.ordinal == line.ordinal + 3
                    assert ours.extend(longer, 2) == (longer, ())  # the next one is theirs
                raise RuntimeError

        with pytest.raises(RuntimeError):
            take()
        assert theirs.lines("customer") == before
