"""Copying between two real servers through a folder: every row and value once, by lanes that meet in no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import TABLES, create_keys, create_tables, differences, fill
from integration.staging.through_store import copy_staged, files, staged

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("mysql", "mariadb"), ("postgres", "postgres18")]


@pytest.fixture(params=WAYS, ids="-".join)
def filled(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """An offline run between two servers, its source filled and its target's tables made."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine], online=False)
    fill(run.source, 1200)
    create_tables(run)
    return run


def test_every_row_arrives(filled: MigrationRun, tmp_path: Path) -> None:
    summary = copy_staged(filled, staged(tmp_path / "store"))
    assert summary["rows"] == summary["rows_unloaded"] == 1200 * 5 + 120
    assert int(str(summary["chunks"])) > 5
    assert differences(filled) == (1200 * 5 + 120, 0, 0)
    assert files(tmp_path / "store") == []


@pytest.mark.parametrize(
    ("name", "rows"), [("chinook_run", 15_607), ("chinook_back_run", 15_607), ("sakila_run", 47_273)]
)
def test_sample_databases_arrive_whole(request: pytest.FixtureRequest, tmp_path: Path, name: str, rows: int) -> None:
    run: MigrationRun = replace(request.getfixturevalue(name), online=False)
    create_tables(run)
    assert copy_staged(run, staged(tmp_path / "store", chunk_rows=5000))["rows"] == rows
    create_keys(run)
    assert differences(run) == (rows, 0, 0)
