"""Rows that the target cannot hold, met by lanes that have no source to ask: as in the direct copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_migration.errors import ValueRefused
from database_migration.steps.chunked_copy import cut_chunks
from integration.conftest import MakeRun
from integration.live import create_tables, differences
from integration.staging.through_store import copy_staged, load, staged, unload
from integration.test_quarantine import BAD, QUARANTINE, ROWS, filled, kept, with_values

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb")]


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_good_rows_land_and_bad_ones_are_kept(
    request: pytest.FixtureRequest, make_run: MakeRun, tmp_path: Path, way: tuple[str, str]
) -> None:
    run = with_values(filled(make_run, request, way, online=False), QUARANTINE)
    create_tables(run)
    bad = BAD[run.source.engine.traits.engine]
    summary = copy_staged(run, staged(tmp_path, chunk_rows=700))
    assert (summary["rows"], summary["rows_in_quarantine"]) == (ROWS + 3 - 5, 5)
    found = kept(run)
    assert sorted((int(row.key[0]), row.column, row.kind) for row in found["item"]) == [one[:3] for one in bad]
    assert [(row.key, row.column) for row in found["word"]] == [(("b",), "at")]
    assert all(row.reason and row.origin == "copy" for row in found["item"])
    assert differences(run)[1] == 0


def test_a_row_that_is_refused_is_named(request: pytest.FixtureRequest, make_run: MakeRun, tmp_path: Path) -> None:
    run = filled(make_run, request, WAYS[0], online=False)
    create_tables(run)
    options = staged(tmp_path, lanes=1, chunk_rows=700)
    cut_chunks(run, options)
    unload(run, options)
    with pytest.raises(ValueRefused, match=r"the row with (id|code) = "):
        load(run, options)
