"""A run's place in an object store that is no folder: fsspec's store in memory, by the path that Airflow's wraps."""

from __future__ import annotations

from io import BytesIO

import pytest
from upath import UPath

from database_migration.steps.chunked_copy import StagingArea

CHUNK = ("orders", 7)


def test_what_is_put_is_there_and_what_is_removed_is_gone() -> None:
    area = StagingArea(UPath("memory://bucket/staging"), "shop", "run_1")
    other = StagingArea(UPath("memory://bucket/staging"), "shop", "run_2")
    assert (area.plan(), area.staged(), area.begun_by(CHUNK)) == (None, frozenset(), None)
    for one in (area, other):
        one.put_plan("{}")
    area.begin(CHUNK, 3)
    name = area.put_data(CHUNK, BytesIO(b"rows"))
    assert area.staged() == frozenset()
    area.put_manifest(CHUNK, "manifest")
    assert (area.begun_by(CHUNK), area.manifest(CHUNK), area.staged()) == (3, "manifest", {area.name_of(CHUNK)})
    with area.data("orders", name) as stored:
        assert stored.read() == b"rows"
    for _ in range(2):  # twice is once
        area.remove_data("orders", name)
        area.forget(CHUNK)
    with pytest.raises(FileNotFoundError), area.data("orders", name):
        pass
    assert (area.staged(), area.begun(), area.has_plan()) == (frozenset(), frozenset(), True)
    for _ in range(2):
        area.remove()
    assert not area.has_plan()
    assert other.has_plan()
    other.remove()
