"""Under fire: whatever is killed, crashed or cut, every acknowledged write is on the serving side exactly once.

Each case is a seed. ``make test-faults SEEDS=50`` tries that many of every journey (``FAULT_SEEDS``; none by default,
as a storm is there to find what nobody knows yet); ``FAULT_SEED=17`` tries only the one that found something, and
``FAULT_RATE=300`` makes the application write so many transactions a second.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from database_migration.model.migration_state import Side
from integration.faults import steps
from integration.faults.conftest import Stage
from integration.faults.faults import Storm
from integration.faults.tasks import EndlessTask, Tasks
from integration.traffic.application import Application, check_nothing_lost, make_ready, settled, state_of

SEEDS = (
    [int(os.environ["FAULT_SEED"])] if "FAULT_SEED" in os.environ else range(int(os.environ.get("FAULT_SEEDS", "0")))
)
RATE = float(os.environ.get("FAULT_RATE", "100"))
WAYS = ("there", "back")
CASES = [pytest.param(WAYS[seed % 2], seed, id=f"{WAYS[seed % 2]}-{seed}") for seed in SEEDS]
pytestmark = [pytest.mark.parametrize(("stage", "seed"), CASES, indirect=["stage"]), pytest.mark.xdist_group("faults")]


def application_of(stage: Stage) -> Application:
    """Three writers, about ``FAULT_RATE`` transactions a second in sum."""
    return Application(stage.direct, stage.traffic, pause=3 / RATE)


@contextmanager
def under_fire(stage: Stage, tasks: Tasks, seed: int) -> Iterator[Storm]:
    """A storm; what happened is told when something was lost."""
    storm = Storm(random.Random(seed), tasks, stage.servers, stage.proxies)
    try:
        with storm:
            yield storm
    finally:
        print(f"seed {seed}: {storm.happened} {storm.error or ''}")
        print("\n".join(tasks.said))


def check(stage: Stage, application: Application, *serving: Side) -> None:
    """Both sides hold the same; a side holds every acknowledged unit once."""
    settled(stage.direct, 60)
    for side in serving:
        check_nothing_lost(application, side)


def test_copy_and_replication(stage: Stage, seed: int) -> None:
    tasks, run = Tasks(), stage.run
    with application_of(stage) as application, EndlessTask(tasks, "replication", steps.stint, run):
        with under_fire(stage, tasks, seed) as storm:
            for step in (steps.create_tables, steps.start, steps.cut):
                tasks.run(step.__name__, step, run)
            with ThreadPoolExecutor() as lanes:
                list(lanes.map(lambda n: tasks.run(f"lane {n}", steps.lane, run, n), range(2)))
            for step in (steps.end_copy, steps.create_keys, steps.catch_up, steps.compare):
                tasks.run(step.__name__, step, run)
        application.goes_on(5)
        application.stop()
        check(stage, application, Side.SOURCE, Side.TARGET)
    assert storm.happened


def test_cutover(stage: Stage, seed: int) -> None:
    tasks, run = Tasks(), stage.run
    make_ready(run)
    with application_of(stage) as application, EndlessTask(tasks, "replication", steps.stint, run):
        with under_fire(stage, tasks, seed) as storm:
            application.goes_on(5)
            tasks.run("cutover", steps.cut_over, run, stage.traffic)
            application.goes_on(20)
        assert state_of(stage.direct).serving is Side.TARGET
        application.goes_on(5)
        application.stop()
        check(stage, application, Side.TARGET, Side.SOURCE)
    assert storm.happened


def test_rollback_after_the_cutover(stage: Stage, seed: int) -> None:
    tasks, run = Tasks(), stage.run
    make_ready(run)
    with application_of(stage) as application:
        with EndlessTask(tasks, "replication", steps.stint, run):
            tasks.run("cutover", steps.cut_over, run, stage.traffic)
            application.goes_on(5)
            with under_fire(stage, tasks, seed) as storm:
                application.goes_on(20)
                tasks.run("rollback", steps.roll_back, run, stage.traffic)
                application.goes_on(5)
        assert state_of(stage.direct).serving is Side.SOURCE
        application.stop()
    check_nothing_lost(application, Side.SOURCE)
    assert storm.happened
