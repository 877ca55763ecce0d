"""Cascades that MySQL's log leaves out, while the copy is under way: keys that are used again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import create_keys, create_tables, differences

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT60S", "reconnects": 0})
SMALL = ChunkedCopyOptions(lanes=1, chunk_rows=100)
TABLES = """
CREATE TABLE owner (id int PRIMARY KEY, name varchar(20));
CREATE TABLE box (id int PRIMARY KEY, owner_id int, KEY (owner_id),
    FOREIGN KEY (owner_id) REFERENCES owner (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE thing (id int PRIMARY KEY, box_id int NOT NULL, KEY (box_id),
    FOREIGN KEY (box_id) REFERENCES box (id) ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO owner VALUES (1, 'a'), (2, 'b'), (3, 'c');
INSERT INTO box VALUES (10, 1), (20, 2), (30, 3);
INSERT INTO thing VALUES (100, 10), (101, 10), (200, 20), (300, 30);
"""
HISTORIES = {
    "a parent made anew with other children": (
        "UPDATE thing SET id = 109 WHERE id = 101",
        "DELETE FROM owner WHERE id = 1",
        "INSERT INTO owner VALUES (1, 'anew')",
        "INSERT INTO box VALUES (10, 1)",
        "INSERT INTO thing VALUES (111, 10)",
    ),
    "a key that moves onto a deleted one": (
        "DELETE FROM owner WHERE id = 2",
        "UPDATE owner SET id = 2 WHERE id = 1",
    ),
    "the same one level below": (
        "DELETE FROM box WHERE id = 20",
        "UPDATE box SET id = 20 WHERE id = 10",
        "UPDATE owner SET id = 9 WHERE id = 3",
    ),
}


@pytest.fixture
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """Owners with boxes with things, captured and not copied."""
    run = make_run(request.getfixturevalue("mariadb"), request.getfixturevalue("postgres"), TABLES)
    create_tables(run)
    start_capture(run, QUICK)
    cut_chunks(run, SMALL)
    yield run
    run.source.change_log.stop(run.log_name)


def copy_table(run: MigrationRun, table: str) -> None:
    """The table's chunk; the others' are held by somebody else."""
    with run.target.connect("test") as held, held.transaction():
        held.execute(
            "SELECT 1 FROM database_migration.chunk WHERE migration = %s AND table_name <> %s FOR UPDATE",
            (run.migration, table),
        )
        copy_lane(run, SMALL, 0)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize("early", ["nothing", "owner", "box", "thing"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside the copy", "after it"])
def test_keys_that_are_used_again(run: MigrationRun, history: tuple[str, ...], early: str, beside: bool) -> None:
    if early != "nothing":
        copy_table(run, early)
    with run.source.connect("application") as session:
        for statement in history:
            session.execute(statement)
    if beside:
        with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
            applier.catch_up(timeout=20)
    copy_lane(run, SMALL, 0)
    finish_copy(run, SMALL)
    assert replicate(run, QUICK, until=Until.COPY_END).summary["outcome"] == "goal reached"
    create_keys(run)  # orphans would be refused
    with BackgroundApplier(run, QUICK, Direction.FORWARD, wait=10):
        assert differences(run)[1:] == (0, 0)
