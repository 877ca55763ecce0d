"""Columns that the source's tables get while a run goes on: carried over, left out or refused, never passed over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from database_migration.errors import SourceChanged, ValidationFailed
from database_migration.model.migration_state import Direction
from database_migration.model.report import Verdict
from database_migration.steps.cutover.final_check import require_columns_waived
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import require_no_drift, require_unchanged
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables, differences

WAYS = [("mariadb", "postgres"), ("mysql", "postgres"), ("postgres", "mariadb")]
QUICK = {"idle": "PT0.2S", "patience": "PT120S", "reconnects": 0}
TABLES = """
CREATE TABLE item (id int PRIMARY KEY, title varchar(40));
CREATE TABLE log_line (id int PRIMARY KEY, words varchar(40));
INSERT INTO item VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO log_line VALUES (1, 'begun');
"""


def options(**more: object) -> ReplicateOptions:
    return ReplicateOptions.model_validate({**QUICK, "ddl": "additive", "ddl_tables": {"log_*": "ignore"}, **more})


def execute(run: MigrationRun, *statements: str) -> None:
    with run.source.connect("application") as session:
        for statement in statements:
            session.execute(statement)


def target(run: MigrationRun, sql: str) -> list[tuple[object, ...]]:
    with run.target.connect("test") as session:
        return session.execute(sql)


@contextmanager
def begun(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str], **more: object
) -> Iterator[MigrationRun]:
    """A run whose changes are captured."""
    run = make_run(*(request.getfixturevalue(name) for name in way), TABLES)
    create_tables(run)
    start_capture(run, options(**more))
    try:
        yield run
    finally:
        run.source.change_log.stop(run.log_name)


def copied(run: MigrationRun, **more: object) -> None:
    copy_all(run)
    replicate(run, options(**more), until=Until.COPY_END)
    create_keys(run)


def equal(run: MigrationRun) -> bool:
    with BackgroundApplier(run, options(), Direction.FORWARD) as applier:
        applier.catch_up(timeout=60)
        return differences(run)[1:] == (0, 0)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(way))
def test_columns_are_carried_over_and_left_out(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]
) -> None:
    with begun(request, make_run, way) as run:
        copied(run)
        with BackgroundApplier(run, options(), Direction.FORWARD) as applier:
            execute(
                run,
                "INSERT INTO item VALUES (4, 'before')",
                "ALTER TABLE item ADD COLUMN state varchar(20) NOT NULL DEFAULT 'new', ADD COLUMN amount decimal(8,2)",
                "INSERT INTO item VALUES (5, 'after', 'paid', 1.5)",
                "UPDATE item SET amount = 2.25 WHERE id = 1",
                "ALTER TABLE log_line ADD COLUMN who varchar(20)",
                "INSERT INTO log_line VALUES (2, 'who', 'somebody')",
            )
            applier.catch_up(timeout=60)
        assert target(run, "SELECT state, amount FROM item WHERE id IN (4, 5) ORDER BY id") == [
            ("new", None),
            ("paid", target(run, "SELECT CAST(1.5 AS decimal(8,2))")[0][0]),
        ]
        assert target(run, "SELECT words FROM log_line WHERE id = 2") == [("who",)]
        # While nobody applies; no row changes after the last one.
        execute(
            run,
            "UPDATE item SET title = 'unaware' WHERE id = 2",
            "ALTER TABLE item ADD COLUMN again int DEFAULT 7",
            "UPDATE item SET again = 8 WHERE id = 3",
            "ALTER TABLE item ADD COLUMN unused int",
        )
        assert equal(run)
        report = replicate(run, options(), until=Until.CAUGHT_UP)
        assert target(run, "SELECT id, again, unused FROM item ORDER BY id")[1:3] == [(2, 7, None), (3, 8, None)]
        assert report.verdict is Verdict.WARNED
        assert [(one.code, one.subject) for one in report.findings] == [("column_left_out", "log_line.who")]
        (table,) = report.tables
        assert [row[:2] for row in table.rows] == [("item", name) for name in ("state", "amount", "again", "unused")]
        with run.current_ledger() as ledger:
            require_no_drift(run, ledger)
            require_unchanged(run, ledger, waiting=False)
            with pytest.raises(ValidationFailed, match=r"waive_columns: \{log_line.who: "):
                require_columns_waived(run, ledger, {})
            assert len(require_columns_waived(run, ledger, {"log_line.who": "nobody reads it"})) == 1


@pytest.mark.parametrize("way", [WAYS[0], WAYS[2]], ids=lambda way: "-".join(way))
def test_columns_are_carried_over_beside_the_copy(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]
) -> None:
    with begun(request, make_run, way) as run:
        execute(
            run,
            "INSERT INTO item VALUES (4, 'before')",
            "ALTER TABLE item ADD COLUMN amount int",
            "UPDATE item SET amount = id",
        )
        with BackgroundApplier(run, options(), Direction.FORWARD) as applier:
            applier.catch_up(timeout=60)
            execute(run, "ALTER TABLE item ADD COLUMN late int", "UPDATE item SET late = id WHERE id <> 2")
            copy_all(run)
            applier.catch_up(timeout=60)
        replicate(run, options(), until=Until.COPY_END)
        create_keys(run)
        assert target(run, "SELECT amount, late FROM item ORDER BY id") == [(1, 1), (2, None), (3, 3), (4, 4)]
        assert equal(run)


@pytest.mark.parametrize(
    ("ddl", "said"),
    [
        ("ALTER TABLE item ADD COLUMN made timestamp DEFAULT CURRENT_TIMESTAMP", "computed"),
        ("ALTER TABLE item ADD COLUMN twice int GENERATED ALWAYS AS (id * 2) STORED, ADD COLUMN n int", "by itself"),
        ("ALTER TABLE item ADD COLUMN code varchar(10) UNIQUE", "unique key"),
    ],
)
def test_what_cannot_be_alike_is_refused(
    request: pytest.FixtureRequest, make_run: MakeRun, ddl: str, said: str
) -> None:
    with begun(request, make_run, WAYS[0]) as run:
        copied(run)
        execute(run, "INSERT INTO item VALUES (4, 'before')", ddl, "INSERT INTO item (id, title) VALUES (5, 'after')")
        with pytest.raises(SourceChanged, match=said):
            replicate(run, options(), until=Until.CAUGHT_UP)
        with run.ledger() as ledger:
            assert "item" in str(ledger.notes.get_note("replication_held"))
        assert target(run, "SELECT count(*) FROM item WHERE id = 5") == [(0,)]
