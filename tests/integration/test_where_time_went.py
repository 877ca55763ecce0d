"""The report names the side that is slow: one side's network is made slow, in each direction of the copy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database_migration.steps.chunked_copy import copy_lane, finish_copy
from database_migration.steps.run import Database, MigrationRun
from integration.conftest import MakeRun
from integration.faults.proxy import FaultyProxy
from integration.readings import options, ready_to_copy, sums

SIDES = ("source", "target")
WAYS = (("mariadb", "postgres"), ("postgres", "mariadb"))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_the_slow_side_is_the_bottleneck(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str], side: str
) -> None:
    source, target = (request.getfixturevalue(name) for name in way)
    run: MigrationRun = make_run(source, target, online=False)
    said = options(format="text")
    ready_to_copy(run, said, 30_000)
    slow: Database = getattr(run, side)
    with FaultyProxy(slow.endpoint.port) as proxy:
        proxy.slow(0.03)  # of each 64 KiB: two megabytes a second
        through = Database(slow.engine, replace(slow.endpoint, port=proxy.port))
        copy_lane(replace(run, **{side: through}), said, 0)
    report = finish_copy(run, said)
    assert report.summary["bottleneck"] == side
    (plot,) = (plot for plot in report.plots if plot.title == "Where the time went")
    assert plot.x == ("lane 0",)
    assert max(plot.series, key=lambda name: plot.series[name][0]) == side
    assert plot.series[side][0] > 1
    assert sums(run.source) == sums(run.target)
