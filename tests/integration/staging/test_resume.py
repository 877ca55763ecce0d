"""What a store and killed lanes can do to a staged copy: every row is there once in the end, and nothing damaged."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from database_migration.errors import EpochPassed, Interrupted, NotPossible
from database_migration.ledger import Chunk
from database_migration.steps.chunked_copy import (
    ChunkedCopyOptions,
    StagingArea,
    cut_chunks,
    finish_copy,
    remove_staged,
    staging_of,
)
from database_migration.steps.chunked_copy.staging.load_lane import load_lane
from database_migration.steps.chunked_copy.staging.unload_lane import unload_lane
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.traffic import ManualTraffic
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import TABLES, create_tables, differences, fill
from integration.staging.through_store import area, copy_staged, files, load, staged, unload
from integration.test_live_kill import killed

ROWS = 600 * 5 + 60


@pytest.fixture
def run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    """An offline run, its source filled and its target's tables made."""
    run = make_run(mariadb, postgres, TABLES["mysql"], online=False)
    fill(run.source, 600)
    create_tables(run)
    return run


@pytest.fixture
def options(tmp_path: Path) -> ChunkedCopyOptions:
    return staged(tmp_path / "store", lanes=1, chunk_rows=200)


def test_a_damaged_chunk_is_never_loaded_and_comes_again(
    run: MigrationRun, options: ChunkedCopyOptions, tmp_path: Path
) -> None:
    cut_chunks(run, options)
    unload(run, options)
    cut_off, changed, gone, *_ = (path for path in files(tmp_path) if path.suffix == ".parquet")
    cut_off.write_bytes(cut_off.read_bytes()[:-10])
    changed.write_bytes(bytes(len(changed.read_bytes())))
    gone.unlink()
    assert load(run, options) == 3
    with run.target.connect("test") as session, run.ledger() as ledger:
        loaded = sum(table.rows for table in ledger.chunks.progress())
        found = sum(int(str(session.execute(f"SELECT count(*) FROM {pair.target.name}")[0][0])) for pair in run.pairs())
    assert found == loaded < ROWS
    with pytest.raises(Interrupted, match="3 chunks are not copied"):
        finish_copy(run, options)
    unload(run, options)
    assert load(run, options) == 0
    assert finish_copy(run, options).summary["rows"] == ROWS
    assert differences(run) == (ROWS, 0, 0)


def test_a_file_without_a_manifest_is_not_there(run: MigrationRun, options: ChunkedCopyOptions, tmp_path: Path) -> None:
    cut_chunks(run, options)
    unload(run, options)
    manifest = next(path for path in files(tmp_path) if path.parent.name == "chunks")
    manifest.unlink()
    assert load(run, options) == 1


def test_an_object_of_another_run_is_refused(run: MigrationRun, options: ChunkedCopyOptions, tmp_path: Path) -> None:
    cut_chunks(run, options)
    unload(run, options)
    manifest = next(path for path in files(tmp_path) if path.parent.name == "chunks")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"run_id": "run_0"}))
    with pytest.raises(NotPossible, match="of run run_0"):
        load(run, options)


def test_a_run_that_was_given_up_leaves_nothing_and_unloads_nothing(
    run: MigrationRun, options: ChunkedCopyOptions, tmp_path: Path
) -> None:
    cut_chunks(run, options)
    unload(run, options)
    assert files(tmp_path / "store")
    report = rollback(run, RollbackOptions(), ManualTraffic())
    assert report.findings == () or not [one for one in report.findings if one.code == "store_not_emptied"]
    assert files(tmp_path / "store") == []
    with pytest.raises(NotPossible, match="no plan of the run"):
        unload(run, options)
    with pytest.raises(EpochPassed):
        load(run, options)
    assert files(tmp_path / "store") == []


class GivenUpMeanwhile(StagingArea):
    """A store from which the run is taken while a chunk is read."""

    def put_data(self, chunk: Chunk, file: IO[bytes]) -> str:
        self.remove()
        return super().put_data(chunk, file)


def test_a_lane_takes_its_chunk_away_when_its_run_was_given_up_meanwhile(
    run: MigrationRun, options: ChunkedCopyOptions, tmp_path: Path
) -> None:
    cut_chunks(run, options)
    store = GivenUpMeanwhile(run.storage(staging_of(options).url), run.migration, run.run_id)
    with pytest.raises(EpochPassed, match="no plan of the run any more"):
        unload_lane(run.source, store, options, 0)
    assert files(tmp_path / "store") == []


def test_kept_files_are_read_by_others_and_gone_in_the_end(run: MigrationRun, tmp_path: Path) -> None:
    import pandas as pd

    options = staged(tmp_path / "store", keep=True, compression="snappy")
    copy_staged(run, options)
    frame = pd.concat(
        [pd.read_parquet(path) for path in files(tmp_path / "store") if path.parent.name == "customer"]
    ).sort_values("id")
    assert list(frame["id"]) == list(range(1, 601))
    assert str(frame["balance"].iloc[6]) == "7.10"
    assert frame["photo"].iloc[0] == b"\x00\xff\x01"
    assert str(frame["created"].dtype).startswith("datetime64[us, UTC")
    with run.ledger() as ledger:
        remove_staged(run, ledger)
    assert files(tmp_path / "store") == []


@pytest.fixture
def small_store(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("A file system of its own can be mounted by root only.")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_store_interrupts_and_goes_on_when_chunks_are_loaded(run: MigrationRun, small_store: Path) -> None:
    options = staged(small_store, lanes=1, chunk_rows=200).model_copy(update={"reconnects": 0})
    filler = small_store / "filler"
    filler.write_bytes(bytes(440 * 1024))
    cut_chunks(run, options)
    with pytest.raises(Interrupted, match="The object store fails"):
        unload(run, options)
    missing = load(run, options)
    assert missing > 0
    filler.unlink()
    unload(run, options)
    assert load(run, options) == 0
    finish_copy(run, options)
    assert differences(run) == (ROWS, 0, 0)


@pytest.mark.parametrize("way", [("mariadb", "postgres"), ("postgres", "mariadb")], ids="-".join)
def test_lanes_of_both_sides_are_killed_at_any_moment(
    request: pytest.FixtureRequest, make_run: MakeRun, tmp_path: Path, way: tuple[str, str]
) -> None:
    run = make_run(*(request.getfixturevalue(name) for name in way), TABLES[way[0].replace("mariadb", "mysql")],
                   online=False)  # fmt: skip
    fill(run.source, 800)
    create_tables(run)
    options = staged(tmp_path / "store", lanes=2, chunk_rows=100)
    cut_chunks(run, options)
    chance = random.Random(5)

    def progress() -> int:
        with run.ledger() as ledger:
            return len(files(tmp_path / "store")) + 1000 * sum(one.chunks_done for one in ledger.chunks.progress())

    def a_little_later() -> bool:
        if progress() == before:
            return False
        time.sleep(chance.random() / 4)
        return True

    before = progress()
    killed(a_little_later, unload_lane, run.source, area(run, options), options, 0)
    before = progress()
    killed(a_little_later, load_lane, run, options, 1, patience=60.0)
    lanes = [threading.Thread(target=unload, args=(run, options, lane)) for lane in range(2)]
    for lane in lanes:
        lane.start()
    outcome = load_lane(run, options, 0, patience=60.0)
    for lane in lanes:
        lane.join()
    assert outcome.missing == 0
    assert finish_copy(run, options).summary["rows"] == 800 * 5 + 80
    assert differences(run) == (800 * 5 + 80, 0, 0)
    assert files(tmp_path / "store") == []
